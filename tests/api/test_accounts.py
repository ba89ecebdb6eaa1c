#!/usr/bin/env python3
"""Registration, sign-in, sessions and people, over the real program."""
import urllib.parse
import uuid

from harness import PASSWORD, Client, main, on_both_databases

SESSION_FIELDS = {"access_token", "refresh_token", "token_type", "expires_in", "user"}


@on_both_databases
class Accounts:
    def email(self):
        return f"{uuid.uuid4().hex[:10]}@example.com"

    def test_registration_answers_like_login(self):
        client = self.server.register()
        self.assertLessEqual(SESSION_FIELDS, set(client.session))
        self.assertEqual(client.session["token_type"], "bearer")
        self.assertEqual(client.session["expires_in"], 900)
        self.assertEqual(client.session["user"]["role"], "owner")

    def test_login_by_json_and_by_form(self):
        email = self.email()
        self.server.register(email=email)
        by_json = self.assertStatus(self.server.anonymous().post("/v1/auth/login", {"email": email, "password": PASSWORD}), 200)
        form = urllib.parse.urlencode({"username": email, "password": PASSWORD}).encode()
        by_form = self.assertStatus(self.server.anonymous().post("/v1/auth/login", raw=form, headers={"Content-Type": "application/x-www-form-urlencoded"}), 200)
        for answer in (by_json, by_form):
            self.assertLessEqual(SESSION_FIELDS, set(answer.json))
            self.assertEqual(answer.json["user"]["email"], email)
            self.assertStatus(Client(self.server, answer.json["access_token"]).get("/v1/auth/me"), 200)

    def test_wrong_password_and_unknown_user_look_the_same(self):
        email = self.email()
        self.server.register(email=email)
        wrong = self.assertError(self.server.anonymous().post("/v1/auth/login", {"email": email, "password": "not the password"}), 401, "not_authenticated")
        unknown = self.assertError(self.server.anonymous().post("/v1/auth/login", {"email": self.email(), "password": PASSWORD}), 401, "not_authenticated")
        self.assertEqual(wrong.json["detail"], unknown.json["detail"])
        self.assertIn("`tenant`", wrong.json["detail"])

    def test_refresh_rotates_and_a_hasty_second_one_is_only_refused(self):
        client = self.server.register()
        old = client.session["refresh_token"]
        renewed = self.assertStatus(self.server.anonymous().post("/v1/auth/refresh", {"refresh_token": old}), 200).json
        self.assertNotEqual(renewed["refresh_token"], old)
        self.assertError(self.server.anonymous().post("/v1/auth/refresh", {"refresh_token": old}), 401, "not_authenticated")
        self.assertStatus(self.server.anonymous().post("/v1/auth/refresh", {"refresh_token": renewed["refresh_token"]}), 200)

    def test_a_changed_password_revokes_the_api_keys(self):
        client = self.server.register()
        key = self.assertStatus(client.post("/v1/api-keys", {"name": "ci", "scopes": ["agents:read"]}), 201).json["key"]
        self.assertStatus(Client(self.server, key).get("/v1/agents"), 200)
        self.assertStatus(client.post("/v1/auth/password", {"current_password": PASSWORD, "new_password": PASSWORD + "!"}), 204)
        self.assertError(Client(self.server, key).get("/v1/agents"), 401, "not_authenticated")
        self.assertEqual(client.get("/v1/api-keys").json["data"], [])

    def test_logout_ends_the_session_at_once(self):
        client = self.server.register()
        self.assertStatus(client.post("/v1/auth/logout"), 204)
        self.assertError(client.get("/v1/auth/me"), 401, "not_authenticated")
        self.assertError(self.server.anonymous().post("/v1/auth/refresh", {"refresh_token": client.session["refresh_token"]}), 401, "not_authenticated")

    def test_a_refresh_token_is_no_access_token(self):
        client = self.server.register()
        self.assertError(Client(self.server, client.session["refresh_token"]).get("/v1/auth/me"), 401, "not_authenticated")

    def test_nothing_without_a_token(self):
        for path in ("/v1/auth/me", "/v1/agents", "/v1/conversations", "/v1/users"):
            answer = self.assertError(self.server.anonymous().get(path), 401, "not_authenticated")
            self.assertEqual(answer.headers["WWW-Authenticate"].split()[0], "Bearer")

    def test_profile_is_read_and_changed(self):
        client = self.server.register()
        self.assertStatus(client.patch("/v1/auth/me", {"first_name": "Ada"}), 200)
        self.assertEqual(client.get("/v1/auth/me").json["first_name"], "Ada")


if __name__ == "__main__":
    main()
