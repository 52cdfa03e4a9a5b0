/// What is wrong with a message in wire form.
///
/// Strangers drive this path, so an error is a plain case: no text is built and nothing is allocated.
@usableFromInline
package enum WireError: Error, Equatable, Sendable {
    /// The message ends before the item that was being read.
    case truncated
    /// A label's first octet is neither a length of 0 to 63 nor a pointer (RFC 1035 §4.1.4; RFC 6891 §5).
    case badLabelType
    /// A name is longer than 255 octets (RFC 1035 §3.1).
    case nameTooLong
    /// A compression pointer does not point to an earlier place in the message.
    case badPointer
    /// The record data does not have the form that its type prescribes.
    case badRecordData
    /// More than one OPT record, or one whose owner is not the root (RFC 6891 §6.1.1).
    case badEDNS
    /// The message would be longer than 65,535 octets.
    case messageTooLong
}
