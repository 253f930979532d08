import './relay-on';
import '../tcp.test';
