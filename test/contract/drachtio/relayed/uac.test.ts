import './relay-on';
import '../uac.test';
