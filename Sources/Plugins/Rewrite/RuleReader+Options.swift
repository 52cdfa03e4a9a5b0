import Corefile
import DNSWire

/// Rules for EDNS options.
extension RuleReader {
    mutating func readOption() throws(ConfigurationError) -> RewriteRule {
        guard words.count >= 2 else {
            throw fail(
                "too few arguments for an EDNS0 rule", hint: "write 'edns0 local|nsid|subnet set|append|replace|unset'")
        }
        let kind = next()
        let word = next()
        guard let action = OptionRule.Action(rawValue: word.text.lowercased()) else {
            throw fail(
                "invalid action: \(QuotedText.doubleQuoted(word.text.lowercased()))",
                hint: "expected one of: set, append, replace, unset")
        }
        var reverts = false
        if action != .unset, words.last?.text == "revert" {
            words.removeLast()
            reverts = true
        }
        let (code, content) = try readOptionContent(kind, action)
        return RewriteRule(action: .option(OptionRule(code: code, action: action, content: content, reverts: reverts)))
    }

    mutating func readOptionContent(
        _ kind: Token, _ action: OptionRule.Action
    ) throws(ConfigurationError) -> (EDNSOptionCode, OptionRule.Content) {
        let isUnset = action == .unset
        switch kind.text.lowercased() {
        case "local":
            guard words.count == (isUnset ? 1 : 2) else {
                throw fail(
                    isUnset
                        ? "local unset action requires exactly two arguments"
                        : "EDNS0 local rules require three or four args",
                    hint: isUnset
                        ? "write 'edns0 local unset CODE'" : "write 'edns0 local \(action.rawValue) CODE DATA [revert]'"
                )
            }
            let code = EDNSOptionCode(rawValue: UInt16(try number(next(), in: 0...65_535)))
            return (code, isUnset ? .octets([]) : try content(next()))
        case "nsid":
            guard words.isEmpty else {
                throw fail(
                    isUnset
                        ? "nsid unset action requires exactly one argument"
                        : "EDNS0 NSID rules can accept no more than one arg",
                    hint: "'\(words[0].text)' is one too many", at: words[0])
            }
            return (.nsid, .octets([]))
        case "subnet":
            guard words.count == (isUnset ? 0 : 2) else {
                throw fail(
                    isUnset
                        ? "subnet unset action requires exactly one argument"
                        : "EDNS0 subnet rules require three or four args",
                    hint: isUnset
                        ? "write 'edns0 subnet unset'"
                        : "write 'edns0 subnet \(action.rawValue) IPV4BITS IPV6BITS [revert]'")
            }
            guard !isUnset else { return (.clientSubnet, .octets([])) }
            let ipv4 = try number(next(), in: 0...32, "invalid IPv4 bit mask length")
            return (
                .clientSubnet,
                .subnet(ipv4Bits: ipv4, ipv6Bits: try number(next(), in: 0...128, "invalid IPv6 bit mask length"))
            )
        default:
            throw fail(
                "invalid rule type \(QuotedText.doubleQuoted(kind.text.lowercased()))",
                hint: "expected one of: local, nsid, subnet", at: kind)
        }
    }

    /// `0x` and octets in hexadecimal digits, a variable in braces, or text.
    func content(_ token: Token) throws(ConfigurationError) -> OptionRule.Content {
        let text = token.text
        if text.hasPrefix("{"), text.hasSuffix("}") {
            if let variable = OptionVariable(text) { return .variable(variable) }
            throw fail(
                "unsupported variable name \(QuotedText.doubleQuoted(text))",
                hint:
                    "{qname}, {qtype}, {client_ip}, {client_port}, {protocol}, {server_ip}, {server_port} or {PLUGIN/LABEL}",
                at: token)
        }
        guard text.hasPrefix("0x") else { return .octets(Array(text.utf8)) }
        let digits = Array(text.utf8.dropFirst(2))
        guard digits.count % 2 == 0 else {
            throw fail("encoding/hex: odd length hex string", hint: "two digits for each octet", at: token)
        }
        var octets: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index..<(index + 2)], as: UTF8.self)
            guard pair.allSatisfy(\.isHexDigit), let octet = UInt8(pair, radix: 16) else {
                throw fail(
                    "encoding/hex: invalid byte in \(QuotedText.doubleQuoted(pair))",
                    hint: "digits are 0 to 9 and a to f", at: token)
            }
            octets.append(octet)
        }
        return .octets(octets)
    }

    /// A whole number in Go's notation: decimal, 0x hexadecimal, 0o or 0 octal, 0b binary.
    func number(
        _ token: Token, in range: ClosedRange<Int>, _ outOfRange: String? = nil
    ) throws(ConfigurationError) -> Int {
        let text = token.text.lowercased()
        let quoted = QuotedText.doubleQuoted(token.text)
        let forms = [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8)]
        let form = forms.first { text.hasPrefix($0.0) && text.count > $0.0.count }
        let digits = form.map { text.dropFirst($0.0.count) } ?? text[...]
        guard let first = digits.first, first != "+", first != "-", let value = Int(digits, radix: form?.1 ?? 10) else {
            throw fail(
                "strconv.ParseUint: parsing \(quoted): invalid syntax", hint: "a number such as 65001 or 0xfde9",
                at: token)
        }
        guard range.contains(value) else {
            throw fail(
                outOfRange.map { "\($0) \(value)" } ?? "strconv.ParseUint: parsing \(quoted): value out of range",
                hint: "\(range.lowerBound) to \(range.upperBound)", at: token)
        }
        return value
    }
}
