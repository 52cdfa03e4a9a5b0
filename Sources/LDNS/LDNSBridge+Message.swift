import CLDNS
import Glibc

extension LDNSBridge {
    static func decode(_ wire: [UInt8]) throws(LDNSError) -> LDNSMessage {
        var packet: OpaquePacket?
        try check(unsafe ldns_wire2pkt(&packet, wire, wire.count), .wire)
        defer { unsafe ldns_pkt_free(packet) }
        var message = LDNSMessage()
        message.id = unsafe ldns_pkt_id(packet)
        message.flags = unsafe flags(of: packet)
        message.question = try unsafe map(ldns_pkt_question(packet), question)
        message.answer = try unsafe map(ldns_pkt_answer(packet), record)
        message.authority = try unsafe map(ldns_pkt_authority(packet), record)
        message.additional = try unsafe map(ldns_pkt_additional(packet), record)
        message.edns = unsafe edns(of: packet)
        if let tsig = unsafe ldns_pkt_tsig(packet) { message.tsig = try unsafe record(tsig) }
        return message
    }

    static func encode(_ message: LDNSMessageText) throws(LDNSError) -> [UInt8] {
        guard let packet = unsafe ldns_pkt_new() else { throw LDNSError(.memory, "out of memory") }
        defer { unsafe ldns_pkt_free(packet) }
        unsafe ldns_pkt_set_id(packet, message.id)
        unsafe setFlags(message.flags, of: packet)
        try unsafe setQuestion(message, of: packet)
        for (section, number) in [
            (LDNSMessageText.Section.answer, LDNS_SECTION_ANSWER), (.authority, LDNS_SECTION_AUTHORITY),
            (.additional, LDNS_SECTION_ADDITIONAL),
        ] {
            for text in message.records[section] ?? [] {
                let record = try LDNS.record(fromText: text)
                let pointer = try unsafe makeRecord(record)
                guard unsafe ldns_pkt_push_rr(packet, number, pointer) != 0 else {
                    unsafe ldns_rr_free(pointer)
                    throw LDNSError(.memory, "out of memory")
                }
            }
        }
        unsafe setEDNS(message.edns, of: packet)
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        try check(unsafe ldns_pkt2wire(&bytes, packet, &count), .wire)
        defer { unsafe free(bytes) }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}

private typealias OpaquePacket = UnsafeMutablePointer<ldns_pkt>

// MARK: - From libldns

extension LDNSBridge {
    private static func flags(of packet: OpaquePacket?) -> LDNSFlags {
        var flags = LDNSFlags()
        flags.isResponse = unsafe ldns_pkt_qr(packet) != 0
        flags.opcode = UInt8(truncatingIfNeeded: unsafe ldns_pkt_get_opcode(packet).rawValue)
        flags.isAuthoritative = unsafe ldns_pkt_aa(packet) != 0
        flags.isTruncated = unsafe ldns_pkt_tc(packet) != 0
        flags.recursionDesired = unsafe ldns_pkt_rd(packet) != 0
        flags.recursionAvailable = unsafe ldns_pkt_ra(packet) != 0
        flags.isAuthenticData = unsafe ldns_pkt_ad(packet) != 0
        flags.checkingDisabled = unsafe ldns_pkt_cd(packet) != 0
        flags.rcode = UInt8(truncatingIfNeeded: unsafe ldns_pkt_get_rcode(packet).rawValue)
        return flags
    }

    private static func edns(of packet: OpaquePacket?) -> LDNSEDNS? {
        guard unsafe ldns_pkt_edns(packet) != 0 else { return nil }
        var edns = unsafe LDNSEDNS(
            payloadSize: ldns_pkt_edns_udp_size(packet), isDNSSECOK: ldns_pkt_edns_do(packet) != 0,
            options: bytes(ldns_pkt_edns_data(packet)))
        edns.extendedRcode = unsafe ldns_pkt_edns_extended_rcode(packet)
        edns.version = unsafe ldns_pkt_edns_version(packet)
        return edns
    }

    /// What `read` makes of every record of a list.
    private static func map<Result>(
        _ list: UnsafeMutablePointer<ldns_rr_list>?,
        _ read: (UnsafeMutablePointer<ldns_rr>) throws(LDNSError) -> Result
    ) throws(LDNSError) -> [Result] {
        guard let list = unsafe list else { return [] }
        var result: [Result] = []
        for index in 0..<(unsafe ldns_rr_list_rr_count(list)) {
            guard let pointer = unsafe ldns_rr_list_rr(list, index) else { continue }
            result.append(try unsafe read(pointer))
        }
        return result
    }

    private static func question(_ pointer: UnsafeMutablePointer<ldns_rr>) -> LDNSQuestion {
        unsafe LDNSQuestion(
            name: bytes(ldns_rr_owner(pointer)), type: code(ldns_rr_get_type(pointer).rawValue),
            class: code(ldns_rr_get_class(pointer).rawValue))
    }

    private static func record(_ pointer: UnsafeMutablePointer<ldns_rr>) throws(LDNSError) -> LDNSRecord {
        unsafe LDNSRecord(
            owner: bytes(ldns_rr_owner(pointer)), type: code(ldns_rr_get_type(pointer).rawValue),
            class: code(ldns_rr_get_class(pointer).rawValue), ttl: ldns_rr_ttl(pointer),
            rdata: try rdataWire(pointer))
    }

    private static func code(_ value: UInt32) -> UInt16 {
        UInt16(truncatingIfNeeded: value)
    }
}

// MARK: - To libldns

extension LDNSBridge {
    private static func setFlags(_ flags: LDNSFlags, of packet: OpaquePacket) {
        unsafe ldns_pkt_set_qr(packet, flags.isResponse ? 1 : 0)
        unsafe ldns_pkt_set_opcode(packet, ldns_pkt_opcode(UInt32(flags.opcode & 15)))
        unsafe ldns_pkt_set_aa(packet, flags.isAuthoritative ? 1 : 0)
        unsafe ldns_pkt_set_tc(packet, flags.isTruncated ? 1 : 0)
        unsafe ldns_pkt_set_rd(packet, flags.recursionDesired ? 1 : 0)
        unsafe ldns_pkt_set_ra(packet, flags.recursionAvailable ? 1 : 0)
        unsafe ldns_pkt_set_ad(packet, flags.isAuthenticData ? 1 : 0)
        unsafe ldns_pkt_set_cd(packet, flags.checkingDisabled ? 1 : 0)
        unsafe ldns_pkt_set_rcode(packet, flags.rcode & 15)
    }

    private static func setQuestion(_ message: LDNSMessageText, of packet: OpaquePacket) throws(LDNSError) {
        guard let question = message.question else { return }
        guard let type = LDNS.type(named: question.type) else {
            throw LDNSError(.syntax, "unknown record type \(question.type)")
        }
        let name = try LDNS.name(fromText: question.name)
        let record = LDNSRecord(owner: name, type: type, class: message.questionClass, ttl: 0, rdata: [])
        let pointer = try unsafe makeRecord(record, isQuestion: true)
        guard unsafe ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, pointer) != 0 else {
            unsafe ldns_rr_free(pointer)
            throw LDNSError(.memory, "out of memory")
        }
    }

    private static func setEDNS(_ edns: LDNSEDNS?, of packet: OpaquePacket) {
        guard let edns else { return }
        unsafe ldns_pkt_set_edns_udp_size(packet, edns.payloadSize)
        unsafe ldns_pkt_set_edns_extended_rcode(packet, edns.extendedRcode)
        unsafe ldns_pkt_set_edns_version(packet, edns.version)
        unsafe ldns_pkt_set_edns_do(packet, edns.isDNSSECOK ? 1 : 0)
        guard !edns.options.isEmpty else { return }
        let options = unsafe ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, edns.options.count, edns.options)
        unsafe ldns_pkt_set_edns_data(packet, options)
    }
}
