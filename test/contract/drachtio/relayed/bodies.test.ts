import './relay-on';
import '../bodies.test';
