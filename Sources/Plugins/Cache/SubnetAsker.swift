import DNSServer
import DNSWire

/// A query that is asked for a client's subnet, and could share a reply but for that (RFC 7871).
///
/// What is good for everyone, by its scope of 0, is good for it as well, and what such a query brings is kept if it is good for everyone.
/// All else goes on to the source, which alone knows what depends on a subnet.
struct SubnetAsker {
    /// What a reply for everyone is kept under.
    let key: ReplyKey
    let subnet: ClientSubnet

    /// - Returns: nil for any other query.
    @inline(never)
    init?(_ query: Query) {
        guard let edns = query.edns, let range = edns.option(.clientSubnet, in: query.message),
            let key = ReplyKey(query, beside: .clientSubnet),
            let subnet = ClientSubnet(query.message.extracting(range)), subnet.scopeLength == 0
        else { return nil }
        (self.key, self.subnet) = (key, subnet)
    }

    /// Whether the reply that has come with `options`, in wire form, is good for everyone.
    func isForEveryone(_ options: [UInt8]) -> Bool {
        let span = options.span
        var (offset, answers): (Int, [ClientSubnet?]) = (0, [])
        while offset + 4 <= span.count {
            let end = offset + 4 + Int(span.uint16(at: offset + 2))
            guard end <= span.count else { return false }
            if EDNSOptionCode(rawValue: span.uint16(at: offset)) == .clientSubnet {
                answers.append(ClientSubnet(span.extracting((offset + 4)..<end)))
            }
            offset = end
        }
        guard answers.count == 1, let answer = answers[0] else { return false }
        return subnet.isForEveryone(by: answer)
    }
}
