/// Go's way with flags that take no value: they may have one, as in `-quiet=true`.
enum GoFlags {
    private static let names: Set<String> = ["plugins", "quiet", "version"]
    private static let yes: Set<Substring> = ["1", "t", "T", "TRUE", "true", "True"]
    private static let no: Set<Substring> = ["0", "f", "F", "FALSE", "false", "False"]

    /// The arguments with such flags as they are without a value, or left out; what is neither yes nor no stays, and is a mistake.
    static func plain(_ arguments: some Sequence<String>) -> [String] {
        arguments.compactMap { argument in
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, argument.hasPrefix("-") else { return argument }
            let name = parts[0].drop { $0 == "-" }
            guard names.contains(String(name)), parts[0].count - name.count <= 2 else { return argument }
            if yes.contains(parts[1]) { return String(parts[0]) }
            return no.contains(parts[1]) ? nil : argument
        }
    }
}
