/** Driver amazonec2 at moto's server, which takes so long to start that there is one for all of these. */
import './options.ts';
import './credentials.ts';
import './faults.ts';
import './kills.ts';
import './contract.ts';
