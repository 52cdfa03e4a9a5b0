import Testing

@testable import Corefile

@Suite("Corefile grammar: import")
struct ImportTests {
    static let files = [
        "/etc/coredns/Corefile": "", "custom/a.server": "a {\nlog\n}\n", "custom/b.server": "b {\nimport ../part\n}",
        "part": "errors\ncache", "options": "max_fails 3\nexpire 10s", "keys": "x y", "empty": "# nothing\n",
        "half": "forward . 1.1.1.1 {\nmax_fails 1\n", "/abs/one": "import two", "/abs/two": "log two",
    ]

    func outline(_ text: String) throws -> [[String]] {
        try Corefile.parse(text: text, loader: MemoryLoader(Self.files)).outline
    }

    @Test(
        "A file is put in place of its import, among blocks, directives, options and keys",
        arguments: [
            (".\nimport part", [["dns://.:53", "errors", "cache"]]),
            (".\nlog\nimport part\nloop", [["dns://.:53", "log", "errors", "cache", "loop"]]),
            (
                ".\nforward . 1.1.1.1 {\nmax_concurrent 5\nimport options\n  force_tcp\n}",
                [["dns://.:53", "forward . 1.1.1.1 [max_concurrent 5; max_fails 3; expire 10s; force_tcp]"]]
            ),
            ("import keys {\nlog\n}", nil),
            ("import keys\n{\nlog\n}", [["dns://x.:53 dns://y.:53", "log"]]),
            (
                "import custom/*.server\n. {\n}",
                [["dns://a.:53", "log"], ["dns://b.:53", "errors", "cache"], ["dns://.:53"]]
            ),
            (".\nimport empty\nlog", [["dns://.:53", "log"]]),
            ("import empty\n.\nlog", [["dns://.:53", "log"]]),
            (".\nimport half\n}\nlog", [["dns://.:53", "forward . 1.1.1.1 [max_fails 1]", "log"]]),
            (".\nimport /abs/one", [["dns://.:53", "log two"]]),
            (".\nimport ./custom/../part", [["dns://.:53", "errors", "cache"]]),
        ])
    func files(_ text: String, _ expected: [[String]]?) throws {
        if let expected {
            #expect(try outline(text) == expected)
        } else {
            #expect(throws: ConfigurationError.self) { try outline(text) }
        }
    }

    @Test("A snippet is put in place wherever its name is imported, as often as one likes")
    func snippets() throws {
        let text = """
            (base) {
                errors
                import inner
            }
            (inner) {
                cache {
                    success 1
                }
            }
            (option) { max_fails 3 }
            (late) { log }
            a {
                import base
                import base
                forward . 1.1.1.1 {
                    import option
                    import option
                    expire 10s
                }
                import late
            }
            """
        #expect(
            try outline(text) == [
                [
                    "dns://a.:53", "errors", "cache [success 1]", "errors", "cache [success 1]",
                    "forward . 1.1.1.1 [max_fails 3; max_fails 3; expire 10s]", "log",
                ]
            ])
    }

    @Test("A snippet of an imported file is known after the import")
    func snippetFromFile() throws {
        let loader = MemoryLoader(["lib": "(common) {\nerrors\nlog\n}"])
        let corefile = try Corefile.parse(text: "import lib\n.\nimport common", loader: loader)
        #expect(corefile.outline == [["dns://.:53", "errors", "log"]])
        #expect(corefile.blocks[0].directives[1].name.place == "lib:3:1")
    }

    @Test("An import of a snippet may carry arguments, which take the place of {args[N]} and {args.N}")
    func arguments() throws {
        let text = """
            (up) {
                forward {args[0]} "{args.1}:53" {
                    max_fails {args[2]}
                }
                import more {args[0]}
            }
            (more) {
                log pre-{args[0]}-{args.0}
            }
            .
            import up example.org 1.1.1.1 3
            """
        #expect(
            try outline(text) == [
                ["dns://.:53", "forward example.org 1.1.1.1:53 [max_fails 3]", "log pre-example.org-example.org"]
            ])
    }

    @Test("Without arguments {args[0]} is ordinary text, as in CoreDNS")
    func noArguments() throws {
        #expect(
            try outline("(a) {\nlog {args[0]} {args.x} {args[0\n}\n.\nimport a")[0][1]
                == "log {args[0]} {args.x} {args[0")
    }

    @Test(
        "A mistake in an import is an error at the word that is wrong",
        arguments: [
            (".\nimport", "2:1", "Wrong argument count or unexpected line ending after 'import'"),
            (".\nimport \"\"", "2:8", "Import requires a non-empty filepath"),
            (".\nimport {$NONE}", "2:8", "Import requires a non-empty filepath"),
            (".\nimport part keys", "2:13", "Import takes only one argument (glob pattern or file)"),
            (". { import part }", "1:17", "Import takes only one argument (glob pattern or file)"),
            (".\nimport missing", "2:8", "File to import not found: missing"),
            ("(a) {\nlog\n}\n.\nimport a b", "5:8", "Import takes only one argument (glob pattern or file)"),
            (
                "(a) {\nlog {args[1]}\n}\n.\nimport a b", "5:8",
                "Wrong argument count or unexpected line ending after 'a'"
            ),
            (".\nimport *x*", "2:8", "Glob pattern may only contain one wildcard (*), but has others: *x*"),
            (".\nimport ?x?", "2:8", "Glob pattern may only contain one wildcard (*), but has others: ?x?"),
            (".\nimport [a-z]", "2:8", "Glob pattern may only contain one wildcard (*), but has others: [a-z]"),
            (".\nimport later\n(later) {\nlog\n}", "2:8", "File to import not found: later"),
            ("(a) {\nlog\nimport a\n}", "3:8", "maximum snippet import depth (10000) exceeded"),
            (
                "(a) {\nimport b\n}\n(b) {\nimport a\n}\n.\nimport a", "5:8",
                "maximum snippet import depth (10000) exceeded"
            ),
            (".\nimport Corefile", "2:8", "maximum file import depth (100000) exceeded"),
            (".\nimport bad", "bad:2:2", "Unknown directive 'lgo'"),
            (".\nimport quote", "quote:1:5", "Unexpected EOF"),
            (".\nimport round", "round:1:8", "maximum file import depth (100000) exceeded"),
        ])
    func mistakes(_ text: String, _ spot: String, _ message: String) {
        var files = Self.files
        files.merge(["Corefile": text, "bad": "log\n lgo", "quote": "log \"x", "round": "import ./round"]) { $1 }
        let error = mistake(text, files: files)
        #expect(error?.spot == spot)
        #expect(error?.message == message)
    }

    @Test("A circle of imports is named in the hint")
    func circle() {
        let error = mistake("(a) {\nimport b\n}\n(b) {\nimport a\n}\n.\nimport a")
        #expect(error?.hint == "it imports itself: snippet a > snippet b > snippet a")
        #expect(mistake("(common) {\n}\n.\nimport comon")?.hint == "did you mean the snippet 'common'?")
    }

    @Test("A glob without a file is a warning; a glob imports in the order of the names")
    func globs() throws {
        let corefile = try Corefile.parse(text: ".\nimport none/*.x\nlog")
        #expect(corefile.outline == [["dns://.:53", "log"]])
        #expect(
            corefile.warnings.map(\.description) == [
                "Corefile:2:8: No files matching import glob pattern: none/*.x"
            ])
        let loader = MemoryLoader(["d/2": "log 2", "d/10": "log 10", "d/1": "log 1", "d/sub/3": "log 3"])
        let ordered = try Corefile.parse(text: ".\nimport d/*", loader: loader)
        #expect(ordered.outline == [["dns://.:53", "log 1", "log 10", "log 2"]])
        #expect(ordered.files == ["Corefile", "d/1", "d/10", "d/2"])
    }

    @Test("Files beside one another may import one another; only a circle is an error")
    func siblings() throws {
        let loader = MemoryLoader(["d/a": "log a\nimport b", "d/b": "log b"])
        let corefile = try Corefile.parse(text: ".\nimport d/*", loader: loader)
        #expect(corefile.outline == [["dns://.:53", "log a", "log b", "log b"]])
    }

    @Test(
        "Paths start from the folder of the importing file",
        arguments: [
            ("a", "Corefile", "a"), ("a", "/etc/coredns/Corefile", "/etc/coredns/a"), ("/b/a", "/etc/Corefile", "/b/a"),
            ("../a", "/etc/coredns/Corefile", "/etc/a"), ("../a", "Corefile", "../a"), ("./x//y/", "c/C", "c/x/y"),
            ("../../../a", "/etc/Corefile", "/a"), (".", "Corefile", "."),
        ])
    func paths(_ pattern: String, _ file: String, _ expected: String) {
        #expect(FilePath.resolve(pattern, besideFile: file) == expected)
    }
}
