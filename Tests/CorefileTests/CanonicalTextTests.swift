import Testing

@testable import Corefile

@Suite("Canonical text")
struct CanonicalTextTests {
    func canonical(_ text: String, environment: [String: String] = [:], files: [String: String] = [:]) throws -> String
    {
        try Corefile.parse(text: text, environment: environment, loader: MemoryLoader(files)).canonicalText
    }

    @Test("The canonical text shows keys in full, a directive a line, and quotation marks where they are needed")
    func form() throws {
        let text = try canonical(
            ". A:54 {\nlog \"x y\" \"\" \"{\" a\\b \"#\"\nhealth { lameduck 5s }\ncache {\n}\nloop\n}")
        #expect(
            text == """
                dns://.:53 dns://a.:54 {
                    log "x y" "" "{" a\\b "#"
                    health {
                        lameduck 5s }
                    cache {
                    }
                    loop
                }

                """)
    }

    @Test(
        "Comments, spacing, imports and variables do not change it",
        arguments: [
            ".:53 {\n log a\n}", "# c\n. # d\n{\n# e\nlog    a # f\n\n}", ".\nlog a", "(s) {\nlog a\n}\n.\nimport s",
            ".\nimport f", ".\nlog {$X}", ".\r\nlog\ta\r\n", ".\n\"log\" \"a\"",
        ])
    func same(_ text: String) throws {
        #expect(try canonical(text, environment: ["X": "a"], files: ["f": "log a"]) == "dns://.:53 {\n    log a\n}\n")
    }

    @Test("A change of a word, of the order or of a value changes it")
    func different() throws {
        let texts = [
            ".\nlog a", ".\nlog b", ".\nlog a b", ".\nlog \"a b\"", ".\nlog a\nerrors", ".\nerrors\nlog a",
            ".:54\nlog a",
            ".\nlog a {\n}", ".\nlog {$X}", ".\nlog \"\"", ".\nlog",
        ]
        let results = try texts.map { try canonical($0, environment: ["X": "c"]) }
        #expect(Set(results).count == texts.count)
    }

    @Test("Parsing the canonical text gives the same text again")
    func fixedPoint() throws {
        for text in [
            kubeadmCorefile, ".\nlog \"say \\\"x\\\"\" \"a\\\\\" \"l\n2\" in\"side",
            "10.0.0.0/15 tls://a {\nhealth { lameduck 5s }\n}",
        ] {
            let once = try canonical(text)
            #expect(try canonical(once) == once)
        }
    }
}
