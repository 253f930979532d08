import './relay-on';
import '../sipp.test';
