import './relay-on';
import '../session-timers.test';
