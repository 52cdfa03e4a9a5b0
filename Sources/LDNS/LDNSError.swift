/// Why a text or a message could not be read, and where.
package struct LDNSError: Error, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The text breaks the rules of zone files, or of the record's type.
        case syntax
        /// A `$` directive that is unknown or not allowed here.
        case directive
        /// More nesting or longer lines than are allowed.
        case limit
        /// A wire form that cannot be read or written.
        case wire
        /// There is no memory left.
        case memory
    }

    package var code: Code
    package var message: String
    /// The name of the text, when it has one.
    package var file: String?
    /// From 1; nil when the error has no place in a text.
    package var line: Int?
    /// In bytes, from 1.
    package var column: Int?

    init(_ code: Code, _ message: String, line: Int? = nil, column: Int? = nil) {
        self.code = code
        self.message = message
        self.line = line
        self.column = column
    }

    init(_ code: Code, _ message: String, at token: ZoneToken?) {
        self.init(code, message, line: token?.line, column: token?.column)
    }

    package var description: String {
        let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return place.isEmpty ? message : place + ": " + message
    }
}
