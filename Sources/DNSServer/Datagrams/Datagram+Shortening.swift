import CDatagram
import DNSWire

extension cdg_datagram {
    /// What every network takes (RFC 1035 §4.2.1).
    private static let smallestLimit = 512

    /// Cuts the reply that is to be sent to 512 octets, with TC, since the system does not send as much as it has.
    ///
    /// - Returns: false when it is no longer than that, or is no message.
    mutating func shorten() -> Bool {
        guard let data = unsafe data, unsafe Int(length) > Self.smallestLimit else { return false }
        var message = unsafe MutableSpan(_unsafeStart: data, count: Int(length))
        let shorter = unsafe message.cutMessage(to: Self.smallestLimit)
        guard unsafe shorter < Int(length) else { return false }
        unsafe length = UInt32(shorter)
        return true
    }
}
