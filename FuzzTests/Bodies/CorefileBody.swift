import Corefile

extension FuzzBody {
    /// A Corefile is parsed the same each time, or refused with a place in a file.
    package static let corefile = FuzzBody(name: "FuzzCorefile") { octets in
        do throws(ConfigurationError) {
            let corefile = try parse(octets)
            let again = try parse(octets)
            guard !corefile.blocks.isEmpty else { return "no block" }
            guard corefile.canonicalText == again.canonicalText else { return "parsed differently the second time" }
            return corefile.blocks.lazy.compactMap(check).first
        } catch {
            return error.line >= 1 && error.column >= 1 && !error.message.isEmpty ? nil : "no place: \(error)"
        }
    }

    private static func parse(_ octets: [UInt8]) throws(ConfigurationError) -> Corefile {
        var limits = Corefile.Limits()
        limits.bytes = 1 << 18
        limits.tokens = 20_000
        limits.snippetImports = 200
        limits.fileImports = 200
        limits.keys = 2_000
        let loader = MemoryLoader([
            "a.conf": "log\nerrors\n", "b.conf": "cache {args[0]} {\n  success {args[1:]}\n}\n",
            "again.conf": "import again.conf\n",
            "zones/x": "x.test {\n whoami\n}\n",
        ])
        return try Corefile.parse(
            bytes: octets, environment: ["A": "53", "LOOP": "{$LOOP}", "ZONE": "example.org"], loader: loader,
            limits: limits)
    }

    private static func check(_ block: ServerBlockSource) -> String? {
        for key in block.keys {
            guard (0...65_535).contains(key.port) else { return "port \(key.port)" }
            guard key.zone.utf8.last == UInt8(ascii: ".") else { return "zone \(key.zone)" }
        }
        return nil
    }
}
