import './relay-on';
import '../uas.test';
