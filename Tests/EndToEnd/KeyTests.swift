import Foundation
import Kindred
import Testing

/// `kindred key`, which needs neither model nor pictures.
@Suite struct KeyTests {
  @Test func keysAreMadeListedAndRevoked() throws {
    let program = try Program()
    #expect(try program.succeed("key").output.contains("There are no keys."))
    let made = try program.succeed("key", "create", "--role", "writer", "--expires", "2999-12-31", "--note", "shop")
    // The secret alone, so that a script can take it.
    let secret = try #require(made.lines.first)
    #expect(made.lines.count == 1)
    #expect(secret.hasPrefix("kindred_") && secret.utf8.count == 64)
    #expect(made.errors.contains("can't be shown again"))
    #expect(!made.errors.contains(secret))
    let store = KeyStore(index: program.folder + "/index")
    let key = try #require(try store.authenticate(secret))
    let list = try program.succeed("key", "list").output
    #expect(list.contains(key.id) && list.contains("writer") && list.contains("2999-12-31T23:59:59Z"))
    #expect(list.contains("valid") && list.contains("shop") && !list.contains(secret))
    let json = try JSONDecoder().decode([AccessKey].self, from: Data(program.succeed("key", "--json").output.utf8))
    #expect(json == [key])
    _ = try program.succeed("key", "revoke", key.id)
    #expect(try store.authenticate(secret) == nil)
    #expect(try program.succeed("key", "list").output.contains("revoked"))
  }

  @Test func mistakesAreNamed() throws {
    let program = try Program()
    for (arguments, text) in [
      (["key", "create", "--role", "reader", "--collection", "none"], "no collection here"),
      (["key", "create", "--role", "reader", "--expires", "soon"], "soon: not an expiry"),
      (["key", "create", "--role", "reader", "--expires", "2001-01-01"], "in the past"),
      (["key", "revoke", "nobody"], "nobody: no key has this identifier"),
    ] {
      let answer = try program.run(arguments)
      #expect(answer.status == 1 && answer.output.isEmpty)
      #expect(answer.errors.contains(text))
    }
    #expect(try KeyStore(index: program.folder + "/index").isEmpty)
  }
}
