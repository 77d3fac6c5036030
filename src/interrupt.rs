//! SIGINT (Ctrl-C) and SIGTERM (`docker stop`) end the process with exit code 1. By
//! default they would kill it, which is neither 0 nor 1, and the first process of a
//! container would ignore them (`pid_namespaces(7)`).

use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;

/// The same for the first process of a container alone, which the system does not end.
pub fn exit_1_on_signal_if_first_process() {
    if process::id() == 1 {
        exit_1_on_signal();
    }
}

/// From now on, both signals end the process at once.
pub fn exit_1_on_signal() {
    let always = Arc::new(AtomicBool::new(true));
    for signal in [SIGINT, SIGTERM] {
        // A system without such a signal sends none.
        let _ = register_conditional_shutdown(signal, 1, Arc::clone(&always));
    }
}
