import './relay-on';
import '../faults.test';
