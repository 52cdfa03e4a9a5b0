import DNSWire

extension FuzzBody {
    /// A message that decodes is the same after encoding and decoding, and at any limit what is left of it decodes.
    package static let message = FuzzBody(name: "FuzzMessage") { octets in
        guard var message = try? Message(decoding: octets.span) else { return nil }
        if message.text.isEmpty { return "no text" }
        message.trailingLength = 0
        let encoded = message.encoded()
        guard let again = try? Message(decoding: encoded.span) else { return "the encoded message does not decode" }
        // A hostile message can be longer when its names are encoded anew.
        guard again == message || (again.flags.isTruncated && !message.flags.isTruncated) else {
            return "changed by encoding:\n\(message)\n\(again)"
        }
        return shortened(message, to: [12, 40, 80, 512, encoded.count - 1])
    }

    private static func shortened(_ message: Message, to limits: [Int]) -> String? {
        for limit in limits {
            let encoded = message.encoded(limit: limit)
            guard let rest = try? Message(decoding: encoded.span) else { return "does not decode at limit \(limit)" }
            guard rest.answers == Array(message.answers.prefix(rest.answers.count)) else {
                return "other answers at limit \(limit)"
            }
        }
        return nil
    }
}
