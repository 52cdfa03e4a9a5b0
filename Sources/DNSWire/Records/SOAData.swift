/// The data of an SOA record.
///
///     MNAME  name of the primary server
///     RNAME  mailbox of the person responsible
///     SERIAL (4)  REFRESH (4)  RETRY (4)  EXPIRE (4)  MINIMUM (4)
///
/// Units: seconds. Source: RFC 1035 §3.3.13; MINIMUM as RFC 2308 §4 has it.
package struct SOAData: RecordDataForm {
    package var primary: Name
    package var mailbox: Name
    package var serial: UInt32
    package var refresh: UInt32
    package var retry: UInt32
    package var expire: UInt32
    /// The longest time that a negative answer may be kept.
    package var minimum: UInt32

    package init(
        primary: Name, mailbox: Name, serial: UInt32, refresh: UInt32, retry: UInt32, expire: UInt32, minimum: UInt32
    ) {
        self.primary = primary
        self.mailbox = mailbox
        self.serial = serial
        self.refresh = refresh
        self.retry = retry
        self.expire = expire
        self.minimum = minimum
    }

    init(decoding reader: inout DataReader) throws(WireError) {
        primary = try reader.name()
        mailbox = try reader.name()
        serial = try reader.uint32()
        refresh = try reader.uint32()
        retry = try reader.uint32()
        expire = try reader.uint32()
        minimum = try reader.uint32()
    }

    func encode(into writer: MessageWriter) {
        writer.append(primary, compressing: true)
        writer.append(mailbox, compressing: true)
        for number in [serial, refresh, retry, expire, minimum] { writer.append(number) }
    }

    var text: String {
        "\(primary) \(mailbox) \(serial) \(refresh) \(retry) \(expire) \(minimum)"
    }
}
