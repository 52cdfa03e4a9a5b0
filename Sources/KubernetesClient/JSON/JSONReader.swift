import Basics
import NIOCore

/// Reads a JSON text from front to back, straight to the fields that are wanted: no tree is made of it.
///
/// What it reads is bounded before, by a ``JSONPruner`` or by being small. Its parts: objects and arrays, here; texts and numbers
/// (`+Values`); what is passed over (`+Skipping`).
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
    let octets: [UInt8]
    var index = 0
    /// How many containers are open.
    private var depth = 0
    /// Whether a container was just opened.
    private var isAtStart = false

    /// - Parameter octets: a whole text.
    init(_ octets: some Sequence<UInt8>) {
        self.octets = Array(octets)
    }

    /// - Parameters:
    ///   - buffer: a whole text, which is copied.
    ///   - memory: where to, in place of what is in it.
    init(_ buffer: ByteBuffer, in memory: consuming [UInt8]) {
        var octets = memory
        octets.removeAll(keepingCapacity: true)
        unsafe buffer.withUnsafeReadableBytes { unsafe octets.append(contentsOf: $0) }
        self.octets = octets
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

    @inline(__always)
    private mutating func begin(_ bracket: UInt8, _ what: StaticString) throws(APIFailure) -> Bool {
        let octet = try next()
        if octet == UInt8(ascii: "n") {
            try word("null")
            return false
        }
        guard octet == bracket else { throw fault("not \(what)") }
        guard depth < JSONPruner.deepestWanted else { throw fault("JSON: too deep") }
        index += 1
        depth += 1
        isAtStart = true
        return true
    }

    /// The name of the open object's next member, whose value has to be read or skipped; nil at the object's end, which closes it.
    ///
    /// - Throws: `malformed`.
    mutating func member() throws(APIFailure) -> JSONToken? {
        guard try beginMember() else { return nil }
        let name = try quotedToken()
        try endName()
        return name
    }

    /// The same, with the name as a text.
    mutating func memberText() throws(APIFailure) -> String? {
        guard try beginMember() else { return nil }
        let name = try quoted()
        try endName()
        return name
    }

    @inline(__always)
    private mutating func beginMember() throws(APIFailure) -> Bool {
        guard try goOn(until: UInt8(ascii: "}")) else { return false }
        guard try next() == UInt8(ascii: "\"") else { throw fault("not JSON") }
        return true
    }

    @inline(__always)
    private mutating func endName() throws(APIFailure) {
        guard try next() == UInt8(ascii: ":") else { throw fault("not JSON") }
        index += 1
    }

    /// Goes to the open array's next element, which has to be read or skipped.
    ///
    /// - Returns: whether there is one; the end closes the array.
    /// - Throws: `malformed`.
    mutating func element() throws(APIFailure) -> Bool { try goOn(until: UInt8(ascii: "]")) }

    /// Goes on behind the comma; a bracket closes what is open.
    @inline(__always)
    private mutating func goOn(until bracket: UInt8) throws(APIFailure) -> Bool {
        let octet = try next()
        defer { isAtStart = false }
        guard octet != bracket else {
            index += 1
            depth -= 1
            return false
        }
        if isAtStart { return true }
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
    @inline(__always)
    mutating func next() throws(APIFailure) -> UInt8 {
        // API servers write no spaces.
        if index < octets.count, octets[index] > 0x20 { return octets[index] }
        return try nextBehindSpace()
    }

    @inline(never)
    private mutating func nextBehindSpace() throws(APIFailure) -> UInt8 {
        skipSpace()
        guard index < octets.count else { throw fault("not JSON: it ends early") }
        return octets[index]
    }

    private mutating func skipSpace() {
        while index < octets.count, octets[index].isJSONSpace { index += 1 }
    }

    /// - Throws: `malformed` when there is another word.
    mutating func word(_ expected: StaticString) throws(APIFailure) {
        let end = index + expected.utf8CodeUnitCount
        guard end <= octets.count else { throw fault("not JSON") }
        for place in index..<end where unsafe octets[place] != expected.utf8Start[place - index] {
            throw fault("not JSON")
        }
        index = end
    }

    /// What is wrong with what is being read, with its place.
    @inline(never)
    func fault(_ text: String) -> APIFailure {
        let steps = JSONPlace(of: index, in: octets).steps
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
