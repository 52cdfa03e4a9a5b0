import Testing

@testable import Corefile

@Suite("Directives and zones of a whole Corefile")
struct KnownDirectivesTests {
    @Test("All sixty plugins of CoreDNS 1.14.7 are known, in chain order")
    func order() {
        #expect(KnownDirectives.names.count == 60)
        #expect(Set(KnownDirectives.names).count == 60)
        let some = [
            "root", "bind", "prometheus", "errors", "log", "rewrite", "acl", "cache", "template", "hosts", "route53",
        ]
        let rest = [
            "azure", "clouddns", "k8s_external", "kubernetes", "file", "loop", "forward", "whoami", "view", "nomad",
        ]
        let positions = (some + rest).compactMap { KnownDirectives.position(of: $0) }
        #expect(positions.count == 21)
        #expect(positions == positions.sorted())
        #expect(KnownDirectives.position(of: "import") == nil)
    }

    @Test(
        "An unknown directive is an error with the name that was probably meant",
        arguments: [
            ("cahce", "did you mean 'cache'?"), ("kubernets", "did you mean 'kubernetes'?"),
            ("Forward", "did you mean 'forward'?"), ("proxy", "use 'forward'"), ("metrics", "use 'prometheus'"),
            ("max_concurrent", "it is an option of 'forward': put it between the braces of that directive"),
            ("fallthrough", "it is an option of several plugins: put it between the braces of the one that is meant"),
            (
                "k8s_gateway",
                "an external plugin, which some builds of CoreDNS have compiled in, and CoreDNS itself has not"
            ),
            ("xyzzy", "no plugin of CoreDNS has this name"),
            ("b.example:53", "is the closing brace of the server block at Corefile:1:1 missing?"),
        ])
    func unknown(_ name: String, _ hint: String) {
        let error = mistake(".\nlog\n \(name) x")
        #expect(error?.code == .unknownDirective)
        #expect(error?.message == "Unknown directive '\(name)'")
        #expect(error?.hint == hint)
        #expect(error?.spot == "3:2")
    }

    @Test("A directive that CoreDNS has and we do not serve is an error of its own, at its place")
    func served() throws {
        let corefile = try Corefile.parse(text: ".\nlog\n etcd")
        try corefile.check(served: ["log", "etcd"])
        #expect { try corefile.check(served: ["log"]) } throws: {
            "\($0)" == "Corefile:3:2: Needletail does not serve the plugin 'etcd' yet "
                + "(CoreDNS has it; remove this directive to start without it)"
        }
    }

    @Test("All plugins that are not served are named at once; nobody is told to leave out what keeps something back")
    func severalUnserved() throws {
        let corefile = try Corefile.parse(text: "a {\nlog\n etcd\n}\nb {\netcd\nsecondary\n}")
        #expect { try corefile.check(served: ["log"]) } throws: {
            "\($0)" == "Corefile:3:2: Needletail does not serve these plugins yet: 'etcd', 'secondary' (Corefile:7:1) "
                + "(CoreDNS has them; remove these directives to start without them)"
        }
        #expect { try Corefile.parse(text: ".\nacl").check(served: ["log"]) } throws: {
            "\($0)" == "Corefile:2:1: Needletail does not serve the plugin 'acl' yet "
                + "(CoreDNS has it; without acl the server would answer what it keeps back now)"
        }
    }

    @Test(
        "The same zone, port and transport twice is an error at the second, unless addresses or views keep them apart",
        arguments: [
            (". {\n}\n. {\n}", "3:1", "cannot serve dns://.:53 - it is already defined"),
            (". .:53 {\n}", "1:3", "cannot serve dns://.:53 - it is already defined"),
            ("a {\n}\nb dns://A.:53 {\n}", "3:3", "cannot serve dns://a.:53 - it is already defined"),
            (
                "10.0.0.0/8 {\n}\n10.in-addr.arpa {\n}", "3:1",
                "cannot serve dns://10.in-addr.arpa.:53 - it is already defined"
            ),
            (
                ". {\nbind 1.1.1.1\n}\n. {\nbind 2.2.2.2 1.1.1.1\n}", "4:1",
                "cannot serve dns://.:53 on 1.1.1.1 - it is already defined"
            ),
            (
                ". {\nbind 1.1.1.1\n}\n. {\n}", "4:1",
                "cannot serve dns://.:53 - zone overlap listener capacity with dns://.:53 on 1.1.1.1"
            ),
            (
                ". {\n}\n. {\nbind 1.1.1.1\n}", "3:1",
                "cannot serve dns://.:53 on 1.1.1.1 - zone overlap listener capacity with dns://.:53"
            ),
        ])
    func overlaps(_ text: String, _ spot: String, _ message: String) {
        let error = mistake(text)
        #expect(error?.code == .duplicateZone)
        #expect(error?.spot == spot)
        #expect(error?.message == message)
    }

    @Test("The hint of a zone served twice names the first place")
    func overlapHint() {
        #expect(mistake("a b {\n}\nb {\n}")?.hint == "first defined at Corefile:1:3")
    }

    @Test(
        "Different ports, transports, addresses and views may share a zone",
        arguments: [
            ". {\n}\n.:54 {\n}", ". {\n}\ntls://.:53 {\n}", ". {\nbind 1.1.1.1\n}\n. {\nbind 2.2.2.2\n}",
            ". {\nview a {\nexpr x\n}\n}\n. {\nview b {\nexpr x\n}\n}\n. {\n}", ". {\n}\n. {\nview a {\nexpr x\n}\n}",
            ". {\nbind 1.1.1.1 1.1.1.1\n}",
        ])
    func apart(_ text: String) {
        #expect(mistake(text) == nil)
    }
}
