import Testing

@testable import Corefile

@Suite("Corefile grammar: environment")
struct EnvironmentReferencesTests {
    static let environment = [
        "A": "one", "B": "two words", "IN": "{$A}", "LOOP": "x{$LOOP}", "HALF": "{$", "PORT": "54",
    ]

    @Test(
        "{$NAME} and {%NAME%} are replaced anywhere in a word; a name that is not set gives nothing",
        arguments: [
            ("{$A}", "one"), ("{%A%}", "one"), ("x{$A}y{%A%}z", "xoneyonez"), ("{$A}{$A}", "oneone"),
            ("{$NONE}", ""), ("a{%NONE%}b", "ab"), ("{$B}", "two words"), ("{$IN}", "one"),
            ("{$}", "{$}"), ("{%%}", "{%%}"), ("{%}", "{%}"), ("{$A", "{$A"), ("{A}", "{A}"), ("$A", "$A"),
            ("{$}{$A}", "{$}{$A}"), ("{$HALF}A}", "one"), ("{%A}", "{%A}"),
        ])
    func replace(_ word: String, _ expected: String) throws {
        let references = EnvironmentReferences(environment: Self.environment, maximumBytes: 1000)
        #expect(try references.replace(in: Token(word, file: "", line: 1, column: 1)).text == expected)
    }

    @Test("Keys, directive names, arguments, options and imports take variables; one value stays one word")
    func everywhere() throws {
        let corefile = try Corefile.parse(
            text: ".:{$PORT} {\n{$D} {$B} {\n{$O} {%A%}\n}\nimport {$A}.txt\n}",
            environment: Self.environment.merging(["D": "log", "O": "class"]) { $1 },
            loader: MemoryLoader(["one.txt": "errors"]))
        #expect(corefile.outline == [["dns://.:54", "log two words [class one]", "errors"]])
        #expect(corefile.blocks[0].directives[0].arguments.map(\.text) == ["two words"])
    }

    @Test("A variable that names itself, or a value too long, is an error and not a hang")
    func endless() {
        let loop = mistake(".\nlog {$LOOP}", environment: Self.environment)
        #expect(loop?.code == .invalidEnvironmentReference)
        #expect(loop?.spot == "2:5")
        let long = mistake(".\nlog {$L}", environment: ["L": String(repeating: "x", count: 100_000)])
        #expect(long?.code == .invalidEnvironmentReference)
    }

    @Test("A server block whose only key is a variable that is not set is an error")
    func emptyKey() {
        let error = mistake("{$ZONE} {\nlog\n}")
        #expect(error?.message == "server block without a zone")
        #expect(error?.spot == "1:9")
    }
}
