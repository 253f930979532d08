import './relay-on';
import '../reliable.test';
