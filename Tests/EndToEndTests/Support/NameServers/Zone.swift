import DNSWire
import TestSupport

/// A zone with the text of its file.
struct Zone: Sendable {
    /// Without the dot at the end.
    let name: String
    let text: String

    /// A zone of `records`, whose owners are relative to it; SOA and NS records are put before them.
    init(_ name: String, records: String) {
        self.name = name
        text = """
            $ORIGIN \(name).
            $TTL 300
            @ SOA ns root 1 3600 600 86400 60
            @ NS ns
            ns A 127.0.0.1

            """ + records + "\n"
    }

    /// A zone whose file is there already.
    init(_ name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// The file's name.
    var file: String { name + ".zone" }

    /// What every authority for the zone can answer.
    var startOfAuthority: Question {
        get throws { Question(try Name(parsing: name), .SOA) }
    }
}
