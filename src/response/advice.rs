//! What the user can change so that a failed probe succeeds.

/// A remedy for an error. How the user applies it, with which flag, is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Trust the CA that signed the server's certificate.
    TrustCa,
    /// Trust a CA, or install the system's CA certificates.
    InstallCaCertificates,
    /// Send a client certificate.
    SendClientCertificate,
    /// Send another client certificate.
    ReplaceClientCertificate,
    /// Allow a longer body.
    RaiseBodyLimit,
    /// Have the server name the type of its stream, or check it as text.
    SendEventStream,
    /// The same for lines of JSON.
    SendNdjson,
    /// The same for a JSON text sequence.
    SendJsonSeq,
    /// Check the body as text.
    CheckText,
}
