import Corefile
import DNSWire
import Testing

@testable import DNSServer
@testable import Plugins

/// What is said of rules that are wrong: CoreDNS's messages, at the word that is wrong.
@Suite("rewrite: mistakes")
struct RewriteMistakeTests {
    static let rows: [(rule: String, column: Int, message: String)] = [
        ("", 1, "no rule type specified for rewrite"),
        ("continue", 9, "continue rule must begin with a rule type"),
        ("STOP", 9, "stop rule must begin with a rule type"),
        ("answer name a b", 9, "response rewrites must begin with a name rule"),
        ("color red blue", 9, "invalid rule type \"color\""),
        ("name a.test", 9, "too few arguments for a name rule"),
        (
            "name a.test b.test answer auto", 14,
            "name rule supports only exact, prefix, suffix, substring, and regex name matching, received: a.test"
        ),
        ("name regex a( b", 20, "invalid regex matching pattern: a("),
        (
            "name regex (a) {1}{2}", 24,
            "the rewrite regex pattern ({1}{2}) uses more subexpressions than its corresponding matching regex pattern ((a))"
        ),
        ("name exact a b answer", 22, "invalid arguments for exact rule"),
        (
            "name suffix a b and auto", 25,
            "exceeded the number of arguments for a non-answer rule argument for suffix rule"
        ),
        ("name suffix a b answer auto answer", 37, "type missing for answer rule for suffix rule"),
        ("name suffix a b answer color x", 32, "invalid type \"color\" for answer rule for suffix rule"),
        ("name suffix a b answer name x", 32, "name answer rule for suffix rule: 2 arguments required"),
        (
            "name suffix a b answer value x( y", 38,
            "value answer rule for suffix rule: invalid regex matching pattern: x("
        ),
        (
            "name suffix a b answer name x {1}", 39,
            "name answer rule for suffix rule: the rewrite regex pattern ({1}) uses more subexpressions than its corresponding "
                + "matching regex pattern (x)"
        ),
        (
            "name suffix a b answer auto answer name x y", 32,
            "auto name answer rule cannot be combined with explicit name anwer rules"
        ),
        ("type A", 9, "type rules must have exactly two arguments"),
        ("type A B C", 9, "type rules must have exactly two arguments"),
        ("type A NONESUCH", 16, "invalid type \"NONESUCH\""), ("type xx A", 14, "invalid type \"XX\""),
        ("class IN", 9, "class rules must have exactly two arguments"), ("class IN XX", 18, "invalid class \"XX\""),
        ("ttl a.test", 9, "too few (1) arguments for a ttl rule"),
        ("ttl a.test x", 20, "invalid TTL 'x' for a ttl rule"), ("ttl a.test -", 20, "invalid TTL '-' for a ttl rule"),
        ("ttl a.test 9-5", 20, "invalid TTL '9-5' for a ttl rule"),
        ("ttl a.test 1-2-3", 20, "invalid TTL '1-2-3' for a ttl rule"),
        ("ttl a.test 4294967296", 20, "invalid TTL '4294967296' for a ttl rule"),
        ("ttl like a.test 5", 13, "ttl rule supports only exact, prefix, suffix, substring, and regex name matching"),
        ("ttl exact a.test 5 6", 28, "many few arguments for a ttl rule"),
        ("ttl regex a( 5", 19, "invalid regex pattern in a ttl rule: a("),
        ("rcode a.test NXDOMAIN", 9, "too few (2) arguments for a rcode rule"),
        ("rcode a.test NO NOERROR", 22, "invalid matching RCODE 'NO' for a rcode rule"),
        ("rcode a.test NXDOMAIN 99", 31, "invalid replacement RCODE '99' for a rcode rule"),
        (
            "rcode like a.test 0 1", 15,
            "rcode rule supports only exact, prefix, suffix, substring, and regex name matching"
        ),
        ("rcode exact a.test 0 1 2", 32, "many few arguments for a rcode rule"),
        ("cname a.test", 9, "too few (1) arguments for a cname rule"),
        ("cname like a.test b.test", 15, "unknown cname rewrite type: like"),
        ("cname regex a( b.test", 21, "invalid regex pattern in a cname rule: a("),
        ("edns0 local", 9, "too few arguments for an EDNS0 rule"),
        ("edns0 local alter 1 2", 21, "invalid action: \"alter\""),
        ("edns0 color set 1 2", 15, "invalid rule type \"color\""),
        ("edns0 local set 1", 21, "EDNS0 local rules require three or four args"),
        ("edns0 local set 70000 x", 25, "strconv.ParseUint: parsing \"70000\": value out of range"),
        ("edns0 local set 0xgg x", 25, "strconv.ParseUint: parsing \"0xgg\": invalid syntax"),
        ("edns0 local set -1 x", 25, "strconv.ParseUint: parsing \"-1\": invalid syntax"),
        ("edns0 local set 1 0xabc", 27, "encoding/hex: odd length hex string"),
        ("edns0 local set 1 0xag", 27, "encoding/hex: invalid byte in \"ag\""),
        ("edns0 local set 1 {color}", 27, "unsupported variable name \"{color}\""),
        ("edns0 local unset 1 2", 21, "local unset action requires exactly two arguments"),
        ("edns0 nsid set 1", 24, "EDNS0 NSID rules can accept no more than one arg"),
        ("edns0 nsid unset 1", 26, "nsid unset action requires exactly one argument"),
        ("edns0 subnet set 24", 22, "EDNS0 subnet rules require three or four args"),
        ("edns0 subnet set 33 56", 26, "invalid IPv4 bit mask length 33"),
        ("edns0 subnet set 24 129", 29, "invalid IPv6 bit mask length 129"),
        ("edns0 subnet set x 56", 26, "strconv.ParseUint: parsing \"x\": invalid syntax"),
        ("edns0 subnet unset 24", 22, "subnet unset action requires exactly one argument"),
    ]

    @Test("the message is CoreDNS's, at the word that is wrong", arguments: rows)
    func mistake(_ row: (rule: String, column: Int, message: String)) throws {
        do {
            _ = try PluginBench(". {\nrewrite \(row.rule)\n}\n", [RewritePlugin.definition])
            Issue.record("read without an error")
        } catch let error as ConfigurationError {
            #expect(error.message == row.message)
            #expect(error.line == 2 && error.column == row.column)
            #expect(error.plugin == "rewrite")
        }
    }

    @Test(
        "numbers have Go's forms",
        arguments: [("0xffee", 0xFFEE), ("0b11", 3), ("0o17", 15), ("017", 15), ("0", 0), ("65535", 65_535)])
    func numbers(_ text: String, expected: Int) throws {
        let tokens = "edns0 local set \(text) x".split(separator: " ").map {
            Token(String($0), file: "f", line: 1, column: 1)
        }
        var reader = RuleReader(tokens[0], tokens)
        guard case .option(let rule) = try reader.read().action else {
            Issue.record("no option")
            return
        }
        #expect(Int(rule.code.rawValue) == expected)
    }

    @Test(
        "times are a number or a range",
        arguments: [("5", 5...5), ("5-9", 5...9), ("-9", 0...9), ("5-", 5...2_147_483_647)]
            as [(String, ClosedRange<UInt32>)])
    func ranges(_ text: String, expected: ClosedRange<UInt32>) {
        #expect(RuleReader.range(text) == expected)
    }
}
