import './relay-on';
import '../in-dialog.test';
