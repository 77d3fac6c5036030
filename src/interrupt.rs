//! Ctrl-C and `docker stop` end the process with 1. Their default would end it by a
//! signal, which is neither 0 nor 1; and the first process of a container, for which
//! there is no default, would run on.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;

/// Lets both end the process at once, from now on.
pub fn ends_with_one() {
    let always = Arc::new(AtomicBool::new(true));
    for signal in [SIGINT, SIGTERM] {
        // A system that has no such signal sends none.
        let _ = register_conditional_shutdown(signal, 1, Arc::clone(&always));
    }
}
