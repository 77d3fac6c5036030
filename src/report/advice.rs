//! Advice → the flags that follow it.
//!
//! The errors come from rooms that know no flags. Every text for the user is made in this
//! folder, so this is where flags are named, as text: nothing of `args` is needed.

use crate::response::Advice;

/// The flags in parentheses, to follow a reason.
pub(super) fn flags(advice: Advice) -> &'static str {
    match advice {
        Advice::TrustCa => " (--cacert)",
        Advice::InstallCaCertificates => " (--cacert FILE, or COPY a CA bundle there)",
        Advice::SendClientCertificate => " (--cert and --key)",
        Advice::ReplaceClientCertificate => " (--cert)",
        Advice::RaiseBodyLimit => " (--max-body)",
        Advice::SendEventStream => " (send Content-Type: text/event-stream, or use --expect-body)",
        Advice::SendNdjson => " (send Content-Type: application/x-ndjson, or use --expect-body)",
        Advice::SendJsonSeq => " (send Content-Type: application/json-seq, or use --expect-body)",
        Advice::CheckText => " (--expect-body-regex)",
    }
}
