extension Corefile {
    /// The bounds a Corefile must keep, so that no text makes the parser hang or fill the memory.
    package struct Limits: Sendable, Hashable {
        /// Bytes read from all files together, and written by replacing references.
        package var bytes = 16 << 20
        /// Words of all files together, snippets counted each time they are imported.
        package var tokens = 1_000_000
        /// Snippets put in place; CoreDNS's number.
        package var snippetImports = 10_000
        /// Files put in place; CoreDNS's number.
        package var fileImports = 100_000
        /// Imports within imports.
        package var importDepth = 64
        /// Bytes of one word after references were replaced.
        package var wordBytes = 64 << 10
        /// Zones of all server blocks together, after expansion of CIDR keys.
        package var keys = 65_536

        /// The bounds that apply outside tests.
        package static let standard = Limits()

        /// Makes the standard bounds, to be changed.
        package init() {}
    }
}
