import ArgumentParser
import Foundation
import Kindred

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Make, list and revoke the keys that let programs use the server.",
    discussion: "Keys are kept in the index folder; a server that runs takes changes up at once.",
    subcommands: [Create.self, List.self, Revoke.self], defaultSubcommand: List.self)

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key and print its secret, once.",
      discussion: """
        A reader searches and looks. A writer also adds, labels and removes images and indexes folders. An admin also \
        makes and deletes collections.
        """)
    @Option(help: "reader, writer or admin.") var role: AccessRole
    @Option(help: ArgumentHelp("Only for this collection. May be repeated.", valueName: "name"))
    var collection: [String] = []
    @Option(help: ArgumentHelp("When it ends: days such as 90d, or a date such as 2026-12-31.", valueName: "time"))
    var expires: String?
    @Option(help: ArgumentHelp("What to know it by.", valueName: "text")) var note: String?
    @OptionGroup var place: IndexPlace
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let end = try expires.map { try AccessKey.expiry($0) }
      let identifiers = try collection.map {
        try Collection(at: Collection.directory(index: place.folder, name: $0), kind: nil).identifier
      }
      let made = try KeyStore(index: place.folder).create(
        role: role, collections: identifiers.isEmpty ? nil : identifiers, expires: end, note: note)
      if json {
        try printJSON(Made(key: made.key, secret: made.secret))
      } else {
        print(made.secret)
      }
      Terminal.note(
        """
        Key \(made.key.id): \(made.key.role.rawValue). The secret is not kept and can't be shown again; programs send \
        it as `Authorization: Bearer SECRET` or `x-api-key: SECRET`.
        """)
    }

    private struct Made: Encodable {
      var key: AccessKey
      var secret: String
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys, without their secrets.")
    @OptionGroup var place: IndexPlace
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      let keys = try KeyStore(index: place.folder).list()
      if json { return try printJSON(keys) }
      guard !keys.isEmpty else {
        print("There are no keys. Make one with: kindred key create --role reader")
        return
      }
      let names = try Dictionary(
        IndexFolder(path: place.folder).members().map { ($0.collection.identifier, $0.name) }
      ) { first, _ in first }
      let now = Date()
      var table = Table([
        ("id", .left), ("role", .left), ("collections", .left), ("created", .left), ("expires", .left),
        ("state", .left), ("note", .left),
      ])
      for key in keys {
        let collections = key.collections.map { $0.map { names[$0] ?? "(gone) \($0.prefix(8))…" } } ?? ["all"]
        table.add([
          key.id, key.role.rawValue, collections.joined(separator: ", "), key.created, key.expires ?? "never",
          key.state(at: now).rawValue, key.note ?? "",
        ])
      }
      print(table.text)
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a key open nothing from now on.")
    @Argument(help: "The key's identifier, as `kindred key list` prints it.") var id: String
    @OptionGroup var place: IndexPlace

    func run() throws {
      let key = try KeyStore(index: place.folder).revoke(id: id)
      print("\(key.id) is revoked since \(key.revoked ?? "now")")
    }
  }
}

extension AccessRole: ExpressibleByArgument {}
