extension StringProtocol {
    /// The text, or its beginning with `…` behind it: for messages that repeat what a stranger or a file says.
    ///
    /// - Parameter octets: the most octets that are kept. A text's first thousand characters may be megabytes.
    package func clipped(to octets: Int = 512) -> String {
        guard utf8.count > octets else { return String(self) }
        var kept = ""
        var room = octets
        for scalar in unicodeScalars {
            room -= UTF8.width(scalar)
            guard room >= 0 else { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept + "…"
    }
}
