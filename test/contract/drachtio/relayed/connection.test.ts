import './relay-on';
import '../connection.test';
