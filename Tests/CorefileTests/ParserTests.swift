import Testing

@testable import Corefile

@Suite("Corefile grammar: blocks")
struct ParserTests {
    @Test("kubeadm's Corefile parses, whole and in order")
    func kubeadm() throws {
        let corefile = try Corefile.parse(text: kubeadmCorefile)
        #expect(
            corefile.outline == [
                [
                    "dns://.:53", "errors", "health [lameduck 5s]", "ready",
                    "kubernetes cluster.local in-addr.arpa ip6.arpa [pods insecure; "
                        + "fallthrough in-addr.arpa ip6.arpa; ttl 30]",
                    "prometheus :9153", "forward . /etc/resolv.conf [max_concurrent 1000]",
                    "cache 30 [disable success cluster.local; disable denial cluster.local]", "loop", "reload",
                    "loadbalance",
                ]
            ])
        #expect(corefile.files == ["Corefile"])
        #expect(corefile.warnings.isEmpty)
        let lameduck = corefile.blocks[0].directives(named: "health")[0].options?[0]
        #expect(lameduck?.name.place == "Corefile:4:8")
        #expect(lameduck?.arguments[0].place == "Corefile:4:17")
    }

    @Test(
        "Keys are separated by blanks or commas; a trailing comma goes on to the next line; braces may be left out",
        arguments: [
            (".:53 {\nlog\n}", [["dns://.:53", "log"]]),
            (".\n{\nlog\n}", [["dns://.:53", "log"]]),
            ("a b, c {\n}", [["dns://a.:53 dns://b.:53 dns://c.:53"]]),
            ("a,\n\n b,\nc {\nlog\n}", [["dns://a.:53 dns://b.:53 dns://c.:53", "log"]]),
            (".\nlog\nerrors", [["dns://.:53", "log", "errors"]]),
            (".:5300", [["dns://.:5300"]]),
            ("a {\n} b {\n}", [["dns://a.:53"], ["dns://b.:53"]]),
            ("\"\" a {\n}", [["dns://a.:53"]]),
            (":1053 dns:// {\n}", [["dns://.:1053 dns://.:53"]]),
            ("# first\n. { # second\nlog # third\n# fourth\n}", [["dns://.:53", "log"]]),
        ])
    func keys(_ text: String, _ expected: [[String]]) throws {
        #expect(try Corefile.parse(text: text).outline == expected)
    }

    @Test(
        "The words of a directive end with the line; its block has one option a line",
        arguments: [
            ("log a b\nerrors", ["log a b", "errors"]),
            ("cache {\n}", ["cache []"]),
            ("cache { }", ["cache []"]),
            ("cache {}", ["cache {}"]),
            ("errors { stacktrace\n}", ["errors [stacktrace]"]),
            ("health { lameduck 5s }", ["health [lameduck 5s }]"]),
            ("health :1 {\nlameduck 5s }", ["health :1 [lameduck 5s }]"]),
            ("log . {combined}", ["log . {combined}"]),
            ("log . \"{\" \"}\"", ["log . { }"]),
            ("log \"a\nb\" c\nerrors", ["log a\nb c", "errors"]),
            ("log\nlog a\nlog b", ["log", "log a", "log b"]),
            (
                "template IN A x {\nmatch (.*)?example.net\nanswer \"{{ .Name }} 60 IN A 1.2.3.4\"\n}",
                ["template IN A x [match (.*)?example.net; answer {{ .Name }} 60 IN A 1.2.3.4]"]
            ),
            ("rewrite name regex (.*)\\.a {1}.b answer auto", ["rewrite name regex (.*)\\.a {1}.b answer auto"]),
        ])
    func directives(_ text: String, _ expected: [String]) throws {
        let braced = try Corefile.parse(text: ". {\n\(text)\n}")
        #expect(braced.blocks[0].directives.map(\.outline) == expected)
        let open = try Corefile.parse(text: ".\n\(text)\n")
        #expect(open.blocks[0].directives.map(\.outline) == expected)
    }

    @Test(
        "A mistake in the structure is an error at its line and column, in CoreDNS's words",
        arguments: [
            (" {\nlog\n}", "1:2", "server block without a zone"),
            ("a, {\n}", "1:4", "Expected another address but had '{' - check for extra comma"),
            ("a,", "1:1", "Unexpected EOF"),
            ("a {\n log", "2:2", "Syntax error: Unexpected token 'log', expecting '}'"),
            ("a {", "1:3", "Syntax error: Unexpected token '{', expecting '}'"),
            ("a {\n}\n}", "3:1", "Unexpected '}' because no matching opening brace"),
            ("a\nlog\n}", "3:1", "Unexpected '}' because no matching opening brace"),
            ("a { log }", "1:9", "Unexpected '}' because no matching opening brace"),
            ("a {\nlog\n{\n}\n}", "3:1", "Unknown directive '{'"),
            ("a {\nlog {\nclass all\n", "3:7", "Unexpected EOF"),
            ("a {\nlog {\nclass {\n}\n}\n}", "3:7", "Unexpected token '{', expecting argument"),
            ("a {\nlog {\n{\n}\n}\n}", "3:1", "Unexpected token '{', expecting argument"),
            ("a {\nlog { class all } }", "2:19", "Unexpected '}' because no matching opening brace"),
            ("a {\nlog {\n} b\n}", "3:3", "Wrong argument count or unexpected line ending after '}'"),
            ("a {\nlgo\n}", "2:1", "Unknown directive 'lgo'"),
            ("a {\n  log\n\n  .:54 {\n}", "4:3", "Unknown directive '.:54'"),
            ("(a)\nlog", "2:1", "Syntax error: Unexpected token 'log', expecting '{'"),
            ("(a)", "1:1", "Syntax error: Unexpected token '', expecting '{'"),
            ("(a) {\nlog {\n}", "3:1", "Syntax error: Unexpected token '}', expecting '}'"),
            ("(a) {\n}\n(a) {\n}", "3:1", "redeclaration of previously declared snippet a"),
        ])
    func mistakes(_ text: String, _ spot: String, _ message: String) {
        let error = mistake(text)
        #expect(error?.spot == spot)
        #expect(error?.message == message)
        #expect(error?.plugin == nil)
    }

    @Test(
        "Without any server block it is as without a Corefile: whoami and log are served, and that is said",
        arguments: ["", "# nothing\n", "(a) {\nlog\n}\n"])
    func empty(_ text: String) throws {
        let corefile = try Corefile.parse(text: text, defaultPort: 1_053)
        #expect(corefile.outline == [["dns://.:1053", "whoami", "log"]])
        #expect(
            corefile.warnings.map(\.message) == [
                "no server block: 'whoami' and 'log' are served for all names, as without a Corefile"
            ])
    }

    @Test("A zone that begins with a dot is served, as in CoreDNS, matches nothing, and that is said")
    func leadingDot() throws {
        let corefile = try Corefile.parse(text: ".svc:1053 a {\nlog\n}")
        #expect(corefile.blocks[0].keys.map(\.zone) == [".svc.", "a."])
        #expect(corefile.blocks[0].keys.map(\.matchesNothing) == [true, false])
        #expect(
            corefile.warnings.map(\.description)
                == ["Corefile:1:1: the zone .svc. matches no name: leave the first dot out"])
        #expect(mistake("a {\ncache .svc\n}") == nil)
        #expect(mistake("..svc {\n}")?.message == "zone is not a valid domain name: .svc")
    }

    @Test(
        "A brace that is glued to a word is said to be, where it stands",
        arguments: [
            (".:53{\nlog\n}", "1:1", ".:53{"), (". {\nforward . 1.1.1.1{\nmax_fails 1\n}\n}", "2:11", "1.1.1.1{"),
        ])
    func gluedBrace(_ text: String, _ spot: String, _ word: String) {
        let error = mistake(text)
        #expect(error?.spot == spot)
        #expect(error?.message == "'{' is part of the word '\(word)' and opens nothing")
        #expect(error?.hint == "put a blank in front of the brace")
    }

    @Test("An error prints its place, what is wrong, and what to do")
    func description() {
        #expect(
            mistake("a {\n  cach 30\n}")?.description
                == "Corefile:2:3: Unknown directive 'cach' (did you mean 'cache'?)")
        #expect(
            mistake("a {\nlog\nb.c {\n}")?.description
                == "Corefile:3:1: Unknown directive 'b.c' "
                + "(is the closing brace of the server block at Corefile:1:1 missing?)")
    }

    @Test("A brace in a variable or in quotation marks is a word, never structure")
    func bracesAsText() throws {
        let corefile = try Corefile.parse(
            text: ".\nlog {$OPEN} \"}\" {$CLOSE}\nerrors", environment: ["OPEN": "{", "CLOSE": "}"])
        #expect(corefile.outline == [["dns://.:53", "log { } }", "errors"]])
    }
}
