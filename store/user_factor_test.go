package store_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/totp"
	"muster/models"
	"muster/store"
)

// authenticator is the app on somebody's phone.
type authenticator struct {
	w      *world
	secret []byte
}

func (p authenticator) code() string { return p.at(0) }

// at is the code that is shown some steps from now.
func (p authenticator) at(steps int64) string {
	return totp.Code(p.secret, totp.StepAt(p.w.clock.Now())+steps)
}

// begin starts a second factor and scans it.
func (w *world) begin(a models.Actor) authenticator {
	w.t.Helper()
	e, err := w.s.EnrolSecondFactor(w.ctx, a, "muster.example.com")
	if err != nil {
		w.t.Fatalf("enrol: %v", err)
	}
	return w.phone(e)
}

// phone scans what an authenticator app needs.
func (w *world) phone(e models.FactorEnrolment) authenticator {
	w.t.Helper()
	u, err := url.Parse(e.URI)
	if err != nil || u.Query().Get("secret") != e.Secret || u.Query().Get("issuer") != "muster.example.com" {
		w.t.Fatalf("uri %s: %v", e.URI, err)
	}
	b, err := base32.StdEncoding.DecodeString(e.Secret)
	if err != nil {
		w.t.Fatal(err)
	}
	return authenticator{w, b}
}

func (w *world) enrol(a models.Actor) (authenticator, []string) {
	w.t.Helper()
	phone := w.begin(a)
	recovery, err := w.s.ConfirmSecondFactor(w.ctx, a, phone.code())
	if err != nil {
		w.t.Fatalf("confirm: %v", err)
	}
	w.clock.Advance(totp.Step)
	return phone, recovery
}

func (w *world) verify(a models.Actor, code string) error {
	_, err := w.s.VerifySecondFactor(w.ctx, a, code)
	return err
}

// guarded is an organization that asks for a second factor, and a member.
func guarded(t *testing.T) (w *world, ada, bob models.Actor, org string) {
	w = newWorld(t)
	ada = w.ada()
	acme := w.acme(ada)
	bob = w.join(ada, acme.ID, "bob@example.com", models.RoleMember)
	w.set(ada, acme.ID, models.SetTwoFactor, "required")
	return w, ada, bob, acme.ID
}

func TestSecondFactor(t *testing.T) {
	w, _, bob, acme := guarded(t)
	w.wantRequirement(bob, acme, models.NeedSecondFactor)
	wantCode(t, w.verify(bob, "123456"), models.CodeConflict)

	phone := w.begin(bob)
	st, err := w.s.SecondFactor(w.ctx, bob)
	if err != nil || st.Enrolled || !st.Pending || len(st.RequiredBy) != 1 || st.RequiredBy[0] != "ACME" {
		t.Fatalf("begun: %+v, %v", st, err)
	}
	// It counts for nothing before the first code, and can be begun anew.
	wantCode(t, w.verify(bob, phone.code()), models.CodeConflict)
	old := phone
	phone = w.begin(bob)
	_, err = w.s.ConfirmSecondFactor(w.ctx, bob, old.code())
	wantCode(t, err, models.CodeDenied)
	recovery, err := w.s.ConfirmSecondFactor(w.ctx, bob, phone.code())
	if err != nil || len(recovery) != models.RecoveryCodes {
		t.Fatalf("confirm: %v, %v", recovery, err)
	}
	w.wantRequirement(bob, acme, "")
	_, err = w.s.EnrolSecondFactor(w.ctx, bob, "x")
	wantCode(t, err, models.CodeConflict)

	// For another address or key it is another session.
	away := bob
	away.Address = "198.51.100.7"
	w.wantRequirement(away, acme, models.NeedSecondFactor)
	desk := w.hardware(bob, "desk")
	w.wantRequirement(desk, acme, models.NeedSecondFactor)

	// No code is taken twice, nor one older than the last, nor one two steps off.
	wantCode(t, w.verify(away, phone.code()), models.CodeDenied)
	wantCode(t, w.verify(away, phone.at(-1)), models.CodeDenied)
	wantCode(t, w.verify(away, phone.at(2)), models.CodeDenied)
	if err := w.verify(away, phone.at(1)); err != nil {
		t.Fatalf("a clock half a minute fast: %v", err)
	}
	w.wantRequirement(away, acme, "")
	w.clock.Advance(3 * totp.Step)
	if err := w.verify(away, phone.at(-1)[:3]+" "+phone.at(-1)[3:]); err != nil {
		t.Fatalf("a clock half a minute slow: %v", err)
	}

	// It holds for twelve hours.
	w.clock.Advance(models.SecondFactorTime - time.Second)
	w.wantRequirement(away, acme, "")
	w.clock.Advance(time.Second)
	w.wantRequirement(away, acme, models.NeedSecondFactor)

	// A recovery code works once, in whatever form it is typed.
	if err := w.verify(away, strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " "))); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.verify(bob, recovery[3]), models.CodeDenied)
	st, err = w.s.SecondFactor(w.ctx, away)
	if err != nil || st.Recovery != 9 || st.VerifiedUntil == nil || !st.VerifiedUntil.Equal(w.clock.Now().Add(models.SecondFactorTime)) {
		t.Fatalf("%+v, %v", st, err)
	}
	fresh, err := w.s.RenewRecoveryCodes(w.ctx, away, phone.code())
	if err != nil || len(fresh) != models.RecoveryCodes {
		t.Fatalf("%v, %v", fresh, err)
	}
	wantCode(t, w.verify(bob, recovery[4]), models.CodeDenied)

	wantCode(t, second(w.s.DisableSecondFactor(w.ctx, away, "")), models.CodeDenied)
	if err := second(w.s.DisableSecondFactor(w.ctx, away, fresh[0])); err != nil {
		t.Fatal(err)
	}
	w.wantRequirement(away, acme, models.NeedSecondFactor)
	w.verified()
}

func TestGuessesAreLimited(t *testing.T) {
	w, _, bob, acme := guarded(t)
	phone, recovery := w.enrol(bob)
	w.clock.Advance(models.SecondFactorTime)
	other := w.open()

	// Twenty at once, from two processes: five are looked at.
	var mu sync.Mutex
	var wg sync.WaitGroup
	codes := map[models.Code]int{}
	for i := range 20 {
		s := []*store.Store{w.s, other}[i%2]
		wg.Go(func() {
			_, err := s.VerifySecondFactor(w.ctx, bob, []string{"000000", "aaaa-bbbb-cccc-dddd"}[i/2%2])
			mu.Lock()
			codes[models.CodeOf(err)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if codes[models.CodeDenied] != models.SecondFactorGuesses || codes[models.CodeLimit] != 20-models.SecondFactorGuesses {
		t.Fatalf("%v", codes)
	}
	// Now the right one is not taken either, whatever asks for it.
	wantCode(t, w.verify(bob, phone.code()), models.CodeLimit)
	wantCode(t, w.verify(bob, recovery[0]), models.CodeLimit)
	wantCode(t, second(w.s.DisableSecondFactor(w.ctx, bob, phone.code())), models.CodeLimit)
	_, err := w.s.RenewRecoveryCodes(w.ctx, bob, recovery[0])
	wantCode(t, err, models.CodeLimit)
	st, err := w.s.SecondFactor(w.ctx, bob)
	if err != nil || st.LockedUntil == nil {
		t.Fatalf("%+v, %v", st, err)
	}
	w.wantRequirement(bob, acme, models.NeedSecondFactor)
	w.clock.Advance(models.SecondFactorWindow)
	if err := w.verify(bob, phone.code()); err != nil {
		t.Fatalf("after the time: %v", err)
	}

	// Wrong ones that are far apart do not add up.
	for range 3 * models.SecondFactorGuesses {
		w.clock.Advance(models.SecondFactorWindow / (models.SecondFactorGuesses - 1))
		wantCode(t, w.verify(bob, "000000"), models.CodeDenied)
	}
	w.verified()
}

func TestResetSecondFactor(t *testing.T) {
	w, ada, bob, _ := guarded(t)
	remote := models.Actor{UserID: ada.UserID, Via: models.ViaSSH, Key: key("ada").Fingerprint, Address: "192.0.2.9"}
	reset := func(a models.Actor, ref string) error {
		_, err := w.s.ResetSecondFactor(w.ctx, a, ref)
		return err
	}
	wantCode(t, reset(ada, "bob@example.com"), models.CodeConflict) // has none
	w.enrol(bob)
	wantCode(t, reset(bob, "bob@example.com"), models.CodeDenied)
	wantCode(t, reset(bob, "nobody@example.com"), models.CodeDenied)
	wantCode(t, reset(ada, "nobody@example.com"), models.CodeNotFound)
	// Over SSH a site admin wants a second factor where an organization requires one.
	if err := reset(remote, "bob@example.com"); models.RequirementOf(err) != models.NeedSecondFactor {
		t.Fatalf("%v", err)
	}
	if err := reset(ada, "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	if st, err := w.s.SecondFactor(w.ctx, bob); err != nil || st.Enrolled || st.Recovery != 0 {
		t.Errorf("%+v, %v", st, err)
	}
	w.enrol(bob)

	// The key of a site admin is not enough where the admin has a second factor.
	phone, _ := w.enrol(remote)
	w.clock.Advance(models.SecondFactorTime)
	err := reset(remote, "bob@example.com")
	if models.RequirementOf(err) != models.NeedSecondFactor {
		t.Fatalf("%v", err)
	}
	wantCode(t, reset(remote, "ada@example.com"), models.CodeDenied)
	if err := w.verify(remote, phone.code()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, reset(remote, "ada@example.com"), models.CodeDenied)
	if err := reset(remote, "bob@example.com"); err != nil {
		t.Fatal(err)
	}
	// At the machine of the database there is always a way.
	if err := reset(ada, "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.verify(ada, "123456"), models.CodeConflict)
	w.verified()
}

// TestSecondFactorsAtRest looks for secrets in the bytes of the database and in
// the log.
func TestSecondFactorsAtRest(t *testing.T) {
	w, ada, bob, acme := guarded(t)
	phone, recovery := w.enrol(bob)
	tried := phone.at(1)
	if err := w.verify(bob, tried); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.verify(bob, "wrong-code-987"), models.CodeDenied)
	page, err := w.s.ListAudit(w.ctx, ada, acme, models.AuditQuery{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	secrets := []string{
		string(phone.secret), totp.Text(phone.secret), strings.ToLower(totp.Text(phone.secret)), hex.EncodeToString(phone.secret),
		base64.StdEncoding.EncodeToString(phone.secret), base64.RawURLEncoding.EncodeToString(phone.secret), "wrong-code-987", "wrongcode987",
	}
	for _, code := range recovery {
		secrets = append(secrets, code, models.NormFactorCode(code))
	}
	log, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(log), `"`+tried+`"`) {
		t.Error("the log holds a code")
	}
	files, err := filepath.Glob(filepath.Join(w.dir, store.DatabaseFile+"*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range secrets {
			if bytes.Contains(b, []byte(s)) || bytes.Contains(log, []byte(s)) {
				t.Errorf("%s holds %q", filepath.Base(name), s)
			}
		}
	}

	// Without the secret beside it, the database says what is wrong, and the
	// recovery codes still help.
	if err := os.Remove(filepath.Join(w.dir, store.SecretFile)); err != nil {
		t.Fatal(err)
	}
	w.s = w.open()
	w.clock.Advance(models.SecondFactorTime)
	err = w.verify(bob, phone.code())
	if e := models.AsError(err); e.Code != models.CodeInternal || !strings.Contains(e.Message, "secret of this installation") || !strings.Contains(e.Hint, "recovery code") {
		t.Errorf("%+v", e)
	}
	if err := second(w.s.DisableSecondFactor(w.ctx, bob, recovery[0])); err != nil {
		t.Fatal(err)
	}
	w.enrol(bob)
	w.wantRequirement(bob, acme, "")
	w.verified()
}

// TestAKeyTakenOffTakesItsSessionsAlong holds that a key that comes back has to
// give a code again.
func TestAKeyTakenOffTakesItsSessionsAlong(t *testing.T) {
	w, _, bob, acme := guarded(t)
	w.enrol(bob)
	w.wantRequirement(bob, acme, "")
	desk := w.hardware(bob, "desk")
	if _, err := w.s.RemoveKey(w.ctx, desk, bob.Key); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.AddKey(w.ctx, atTheMachine(desk), key("bob@example.com"), ""); err != nil {
		t.Fatal(err)
	}
	w.wantRequirement(bob, acme, models.NeedSecondFactor)
}

// TestABackupBringsCodesBack holds that whoever restores is told of it.
func TestABackupBringsCodesBack(t *testing.T) {
	w, _, bob, _ := guarded(t)
	_, recovery := w.enrol(bob)
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := w.s.Backup(w.ctx, file); err != nil {
		t.Fatal(err)
	}
	inspect := func() []string {
		t.Helper()
		r, err := store.InspectBackup(w.ctx, w.dir, file)
		if err != nil {
			t.Fatal(err)
		}
		return r.SecondFactors
	}
	if got := inspect(); len(got) != 0 {
		t.Errorf("nothing has changed: %q", got)
	}
	if err := w.verify(bob, recovery[0]); err != nil {
		t.Fatal(err)
	}
	if got := inspect(); len(got) != 1 || !strings.HasPrefix(got[0], "bob@example.com recovery code ") {
		t.Errorf("a used code: %q", got)
	}
	if err := second(w.s.DisableSecondFactor(w.ctx, bob, recovery[1])); err != nil {
		t.Fatal(err)
	}
	if got := inspect(); len(got) != 1+models.RecoveryCodes || got[len(got)-1] != "bob@example.com second factor" {
		t.Errorf("taken off: %q", got)
	}
}
