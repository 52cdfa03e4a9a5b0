import Basics

/// Reads a JSON text from front to back, straight to the fields that are wanted: no tree is made of it.
///
/// What it reads is bounded before, by a ``JSONPruner`` or by being small. Its parts: objects and arrays, here; texts, numbers and what is
/// passed over (`+Values`).
///
/// ```
///   guard try json.beginObject() else { … }
///   while let name = try json.member() {
///       switch name {
///       case "port": port = try json.integer()
///       default: try json.skip()
///       }
///   }
/// ```
struct JSONReader {
    /// Where in an open container it stands.
    private enum Step {
        case start
        /// Where its name stands.
        case member(Range<Int>)
        case element(Int)
    }

    let octets: [UInt8]
    var index = 0
    /// The containers that are open, the outermost first.
    private var path: [Step] = []

    /// - Parameter octets: a whole text.
    init(_ octets: some Sequence<UInt8>) {
        self.octets = Array(octets)
        path.reserveCapacity(8)
    }

    // MARK: Containers

    /// Opens an object; its members follow.
    ///
    /// - Returns: whether there is one; `null` stands for none.
    /// - Throws: `malformed` when it is something else.
    mutating func beginObject() throws(APIFailure) -> Bool { try begin(UInt8(ascii: "{"), "an object") }

    /// Opens an array; its elements follow.
    ///
    /// - Returns: whether there is one; `null` stands for none.
    /// - Throws: `malformed` when it is something else.
    mutating func beginArray() throws(APIFailure) -> Bool { try begin(UInt8(ascii: "["), "an array") }

    private mutating func begin(_ bracket: UInt8, _ what: StaticString) throws(APIFailure) -> Bool {
        let octet = try next()
        if octet == UInt8(ascii: "n") {
            try word("null")
            return false
        }
        guard octet == bracket else { throw fault("not \(what)") }
        guard path.count < JSONPruner.deepestWanted else { throw fault("JSON: too deep") }
        index += 1
        path.append(.start)
        return true
    }

    /// The name of the open object's next member, whose value has to be read or skipped; nil at the object's end, which closes it.
    ///
    /// - Throws: `malformed`.
    mutating func member() throws(APIFailure) -> String? {
        guard try goOn(until: UInt8(ascii: "}")) else { return nil }
        guard try next() == UInt8(ascii: "\"") else { throw fault("not JSON") }
        let begin = index + 1
        let name = try quoted()
        path[path.count - 1] = .member(begin..<index - 1)
        guard try next() == UInt8(ascii: ":") else { throw fault("not JSON") }
        index += 1
        return name
    }

    /// Goes to the open array's next element, which has to be read or skipped.
    ///
    /// - Returns: whether there is one; the end closes the array.
    /// - Throws: `malformed`.
    mutating func element() throws(APIFailure) -> Bool {
        guard try goOn(until: UInt8(ascii: "]")) else { return false }
        let number = if case .element(let last)? = path.last { last + 1 } else { 0 }
        path[path.count - 1] = .element(number)
        return true
    }

    /// Goes on behind the comma; a bracket closes what is open.
    private mutating func goOn(until bracket: UInt8) throws(APIFailure) -> Bool {
        let octet = try next()
        guard octet != bracket else {
            index += 1
            path.removeLast()
            return false
        }
        if case .start? = path.last { return true }
        guard octet == UInt8(ascii: ",") else { throw fault("not JSON") }
        index += 1
        return true
    }

    /// - Throws: `malformed` when there is more.
    mutating func end() throws(APIFailure) {
        skipSpace()
        guard index == octets.count else { throw fault("not JSON: there is more behind it") }
    }

    // MARK: Octets

    /// The next octet that is no space.
    mutating func next() throws(APIFailure) -> UInt8 {
        skipSpace()
        guard index < octets.count else { throw fault("not JSON: it ends early") }
        return octets[index]
    }

    private mutating func skipSpace() {
        while index < octets.count, octets[index].isJSONSpace { index += 1 }
    }

    /// - Throws: `malformed` when there is another word.
    mutating func word(_ expected: String) throws(APIFailure) {
        let end = index + expected.utf8.count
        guard end <= octets.count, octets[index..<end].elementsEqual(expected.utf8) else { throw fault("not JSON") }
        index = end
    }

    // MARK: Faults

    /// What is wrong with what is being read, with its place.
    func fault(_ text: String) -> APIFailure {
        let steps = path.compactMap { step in
            switch step {
            case .start: nil as String?
            case .member(let name): String(decoding: octets[name], as: UTF8.self)
            case .element(let number): String(number)
            }
        }
        return .malformed(steps.isEmpty ? text : "\(steps.joined(separator: ".")): \(text)".clipped())
    }
}

/// What is read from JSON.
protocol JSONReadable {
    /// - Parameter json: stands before the value, and behind it afterwards.
    /// - Throws: `malformed`.
    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure)
}

extension JSONReader {
    /// Reads a whole text.
    ///
    /// - Throws: `malformed` with the place of the fault.
    static func read<Form: JSONReadable>(
        _ form: Form.Type, from octets: some Sequence<UInt8>, context: DecodingContext = DecodingContext()
    ) throws(APIFailure) -> Form {
        var json = JSONReader(octets)
        let value = try Form(from: &json, context)
        try json.end()
        return value
    }
}
