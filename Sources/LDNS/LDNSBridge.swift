import CLDNS
import Glibc

/// Names, records and codes across the border to libldns; what it allocates is freed here.
///
/// Texts come from `ZoneLexer` and `RecordData`, hence hold no NUL, no line feed and less than 65,535 bytes, which are the
/// things that libldns' own lexer takes badly.
enum LDNSBridge {
    /// The wire form of a name; a relative one gets the origin, `@` is the origin.
    static func name(_ text: [UInt8], origin: [UInt8] = [0]) throws(LDNSError) -> [UInt8] {
        if text == [UInt8(ascii: "@")] { return origin }
        guard !text.isEmpty, text.count <= 1_100, !text.contains(0), !text.contains(UInt8(ascii: "\"")) else {
            throw LDNSError(.syntax, "not a domain name")
        }
        var data: UnsafeMutablePointer<ldns_rdf>?
        try check(unsafe ldns_str2rdf_dname(&data, cString(text)), .syntax)
        defer { unsafe ldns_rdf_deep_free(data) }
        let wire = unsafe bytes(data)
        if isAbsolute(text) { return wire }
        let full = Array(wire.dropLast()) + origin
        guard full.count <= 255 else { throw LDNSError(.syntax, "domain name too long") }
        return full
    }

    /// Whether the text ends in a dot that no backslash takes the meaning from.
    private static func isAbsolute(_ text: [UInt8]) -> Bool {
        guard text.last == UInt8(ascii: ".") else { return false }
        return text.dropLast().reversed().prefix { $0 == UInt8(ascii: "\\") }.count.isMultiple(of: 2)
    }

    static func text(ofName wire: [UInt8]) throws(LDNSError) -> String {
        var data: UnsafeMutablePointer<ldns_rdf>?
        var position = 0
        try check(unsafe ldns_wire2dname(&data, wire, wire.count, &position), .wire)
        defer { unsafe ldns_rdf_deep_free(data) }
        guard position == wire.count else { throw LDNSError(.wire, "bytes after the name") }
        return unsafe string(ldns_rdf2str(data))
    }

    static func type(named word: String) -> UInt16? {
        let type = UInt16(truncatingIfNeeded: unsafe ldns_get_rr_type_by_name(word).rawValue)
        return type == 0 ? nil : type
    }

    static func name(ofType type: UInt16) -> String {
        unsafe string(ldns_rr_type2str(ldns_rr_type(UInt32(type))))
    }

    static func name(ofClass value: UInt16) -> String {
        unsafe string(ldns_rr_class2str(ldns_rr_class(UInt32(value))))
    }

    /// A record's data from text.
    static func rdata(_ data: RecordData) throws(LDNSError) -> [UInt8] {
        guard hasDescription(data.type) else {
            throw LDNSError(.syntax, "data of this type must be written as \\# length hex")
        }
        // WKS looks names up in system databases, which is neither thread-safe nor bounded in time.
        guard data.type != 11 else { throw LDNSError(.syntax, "WKS must be written as \\# length hex") }
        let line = Array(". 0 IN \(name(ofType: data.type)) ".utf8) + data.line
        let origin = unsafe ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, data.origin.count, data.origin)
        defer { unsafe ldns_rdf_deep_free(origin) }
        var record: UnsafeMutablePointer<ldns_rr>?
        let status = unsafe ldns_rr_new_frm_str(&record, cString(line), 0, origin, nil)
        try check(status, .syntax)
        defer { unsafe ldns_rr_free(record) }
        let bytes = try unsafe rdataWire(record)
        try checkRdata(bytes, type: data.type, class: data.class)
        return bytes
    }

    /// Refuses bytes that are not whole data of the type, as far as libldns knows the type.
    static func checkRdata(_ bytes: [UInt8], type: UInt16, class: UInt16) throws(LDNSError) {
        let record = LDNSRecord(owner: [0], type: type, class: `class`, ttl: 0, rdata: bytes)
        _ = try unsafe withRecord(record) { pointer throws(LDNSError) in try unsafe checkFields(pointer, bytes) }
    }

    /// libldns lets data end early and leaves what is too long unread, so both are looked for here.
    private static func checkFields(_ record: UnsafePointer<ldns_rr>?, _ bytes: [UInt8]) throws(LDNSError) {
        let type = UInt16(truncatingIfNeeded: unsafe ldns_rr_get_type(record).rawValue)
        let minimum = unsafe ldns_rr_descriptor_minimum(ldns_rr_descript(type))
        let hasAllFields = unsafe ldns_rr_rd_count(record) >= minimum || !hasDescription(type)
        guard hasAllFields, try unsafe rdataWire(record) == bytes else {
            throw LDNSError(.syntax, "the data does not fit the type")
        }
    }

    /// Whether libldns knows the fields of the type, and not only its number.
    private static func hasDescription(_ type: UInt16) -> Bool {
        unsafe ldns_rr_descript(type).pointee._type.rawValue == type
    }

    static func rdataText(of record: LDNSRecord) -> String {
        let text = try? unsafe withRecord(record) { pointer throws(LDNSError) in
            try unsafe checkFields(pointer, record.rdata)
            return unsafe printed(pointer)
        }
        return text ?? generic(record.rdata)
    }

    static func generic(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        let hex = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "\\# \(bytes.count)" + (hex.isEmpty ? "" : " " + String(hex))
    }

    /// What follows owner, TTL, class and type in the text of a record, without comments.
    private static func printed(_ record: UnsafeMutablePointer<ldns_rr>?) -> String {
        var format = unsafe ldns_output_format(flags: 0, data: nil)
        var text = unsafe string(ldns_rr2str_fmt(&format, record))[...]
        for _ in 0..<4 {
            guard let tab = text.firstIndex(of: "\t") else { return "" }
            text = text[text.index(after: tab)...]
        }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }

    /// Hands a record over to libldns for as long as the closure runs.
    private static func withRecord<Result>(
        _ record: LDNSRecord, _ body: (UnsafeMutablePointer<ldns_rr>) throws(LDNSError) -> Result
    ) throws(LDNSError) -> Result {
        let pointer = try unsafe makeRecord(record)
        defer { unsafe ldns_rr_free(pointer) }
        return try unsafe body(pointer)
    }

    /// A record of libldns', which the caller frees or gives away.
    static func makeRecord(
        _ record: LDNSRecord, isQuestion: Bool = false
    ) throws(LDNSError) -> UnsafeMutablePointer<ldns_rr> {
        guard let length = UInt16(exactly: record.rdata.count) else { throw LDNSError(.wire, "data too long") }
        var words = [record.type, record.class]
        if !isQuestion { words += [UInt16(record.ttl >> 16), UInt16(record.ttl & 0xFFFF), length] }
        let wire = record.owner + words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + record.rdata
        var pointer: UnsafeMutablePointer<ldns_rr>?
        var position = 0
        let section = isQuestion ? LDNS_SECTION_QUESTION : LDNS_SECTION_ANSWER
        try check(unsafe ldns_wire2rr(&pointer, wire, wire.count, &position, section), .wire)
        guard let made = unsafe pointer else { throw LDNSError(.memory, "out of memory") }
        return unsafe made
    }

    static func rdataWire(_ record: UnsafePointer<ldns_rr>?) throws(LDNSError) -> [UInt8] {
        guard let buffer = unsafe ldns_buffer_new(512) else { throw LDNSError(.memory, "out of memory") }
        defer { unsafe ldns_buffer_free(buffer) }
        try check(unsafe ldns_rr_rdata2buffer_wire(buffer, record), .wire)
        return unsafe Array(UnsafeBufferPointer(start: buffer.pointee._data, count: buffer.pointee._position))
    }

    static func bytes(_ data: UnsafePointer<ldns_rdf>?) -> [UInt8] {
        guard let data = unsafe data, let start = unsafe ldns_rdf_data(data) else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: start, count: ldns_rdf_size(data)))
    }

    static func check(_ status: ldns_status, _ code: LDNSError.Code) throws(LDNSError) {
        guard status != LDNS_STATUS_OK else { return }
        let text = unsafe ldns_get_errorstr_by_id(status).map { unsafe String(cString: $0) }
        throw LDNSError(status == LDNS_STATUS_MEM_ERR ? .memory : code, text ?? "error \(status.rawValue)")
    }

    private static func cString(_ text: [UInt8]) -> [CChar] {
        text.map { CChar(bitPattern: $0) } + [0]
    }

    /// Takes over a C string.
    private static func string(_ text: UnsafeMutablePointer<CChar>?) -> String {
        guard let text = unsafe text else { return "" }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }
}
