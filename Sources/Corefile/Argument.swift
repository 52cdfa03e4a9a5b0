/// A kind of argument: how one is read.
///
/// What an option or a directive takes is declared with it, so that the reader itself counts the arguments:
///
/// ```swift
/// options: [
///     .flag("force_tcp", \.forcesTCP),
///     .one("expire", .duration("DURATION", min: .zero), \.expire),
///     .list("except", .prefix("NET"), \.except),
/// ]
/// ```
package struct Argument<Value>: Sendable {
    /// Reads one argument, or throws what is wrong with it.
    package typealias Read = @Sendable (inout ArgumentReader) throws(ConfigurationError) -> Value

    let read: Read

    /// A kind of a plugin's own, which reads exactly one word.
    package init(_ read: @escaping Read) {
        self.read = read
    }
}

/// A plugin's own words for what is wrong with an argument.
package typealias SharedValueMessage = @Sendable (ValueProblem) -> String?

extension Argument where Value == Token {
    /// Any word, with its place.
    package static func word(_ what: String) -> Self {
        Self { reader throws(ConfigurationError) in try reader.next(what) }
    }
}

extension Argument where Value == Int {
    /// A whole number.
    package static func integer(
        _ what: String, in range: ClosedRange<Int>? = nil, message: @escaping SharedValueMessage = { _ in nil }
    ) -> Self {
        Self { reader throws(ConfigurationError) in try reader.integer(what, in: range, message: message) }
    }
}

extension Argument where Value == Duration {
    /// A duration in Go's notation.
    package static func duration(
        _ what: String, min: Duration? = nil, max: Duration? = nil,
        message: @escaping SharedValueMessage = { _ in nil }
    ) -> Self {
        Self { reader throws(ConfigurationError) in
            try reader.duration(what, min: min, max: max, message: message)
        }
    }
}

extension Argument where Value == HostPort {
    /// A host and a port.
    package static func address(_ what: String, defaultPort: Int? = nil) -> Self {
        Self { reader throws(ConfigurationError) in try reader.address(what, defaultPort: defaultPort) }
    }
}

extension Argument where Value == IPPrefix {
    /// An address, or a prefix in CIDR notation.
    package static func prefix(_ what: String) -> Self {
        Self { reader throws(ConfigurationError) in try reader.prefix(what) }
    }
}

extension Argument where Value: CaseIterable & RawRepresentable<String> & Sendable {
    /// One of the cases of an enumeration, by its raw value.
    package static func choice(_ what: String, message: @escaping SharedValueMessage = { _ in nil }) -> Self {
        Self { reader throws(ConfigurationError) in try reader.choice(what, message: message) }
    }
}

extension Argument {
    /// Exactly one argument; a second one is found before the first is looked at.
    func readOne(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Value {
        try reader.finish(behind: 1)
        return try read(&reader)
    }

    /// At most one argument.
    func readOptional(_ reader: inout ArgumentReader) throws(ConfigurationError) -> Value? {
        try reader.finish(behind: 1)
        return reader.upcoming == nil ? nil : try read(&reader)
    }

    /// All arguments of the line.
    ///
    /// - Throws: also when there is none and `empty` has the words for that.
    func readList(_ reader: inout ArgumentReader, empty: String?) throws(ConfigurationError) -> [Value] {
        var values: [Value] = []
        while reader.upcoming != nil { values.append(try read(&reader)) }
        if let empty, values.isEmpty {
            if try reader.optionalNext() == nil { throw reader.fail(.wrongArgumentCount, empty) }
        }
        return values
    }
}
