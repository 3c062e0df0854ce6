package store_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// Copies made while another process writes are whole, each on its own.
func TestBackupWhileAnotherProcessWrites(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.exec("UPDATE organizations SET plan = 'enterprise' WHERE id = $1", acme.ID)
	p := startChild(t, "write", w.dir, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, paced+"=1") })
	dir := t.TempDir()
	for i := range 4 {
		const rounds = 15
		if _, err := p.in.Write(make([]byte, rounds)); err != nil {
			t.Fatal(err)
		}
		for p.line() != "round" { // it is at it now
		}
		file := filepath.Join(dir, fmt.Sprint("backup", i))
		if err := w.s.Backup(w.ctx, file); err != nil {
			t.Fatal(err)
		}
		for n := 1; n < rounds; {
			if p.line() == "round" {
				n++
			}
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		empty := filepath.Join(t.TempDir(), "none")
		r := must[store.RestoreReport](t)(store.InspectBackup(w.ctx, empty, file))
		if r.Current || len(r.Chains) < 3 || slices.ContainsFunc(r.Chains, func(c models.ChainReport) bool { return !c.OK }) {
			t.Errorf("backup %d: %+v", i, r)
		}
		// A backup put where there is nothing is a database like any other.
		if err := store.Restore(w.ctx, empty, file); err != nil {
			t.Fatal(err)
		}
		db := raw(t, empty)
		sound(t, db, time.Now(), models.DefaultPlans())
		_ = db.Close()
	}
	wantCode(t, w.s.Backup(w.ctx, filepath.Join(dir, "backup0")), models.CodeConflict)
	wantCode(t, w.s.Backup(w.ctx, filepath.Join(dir, "none", "backup")), models.CodeInvalid)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 4 {
		t.Errorf("%d files in the directory of backups, %v", len(files), err)
	}
}

func TestRestoreSaysWhatComesBack(t *testing.T) {
	alone(t)
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	cy := w.join(ada, acme.ID, "cy@example.com", models.RoleMember)
	dee := w.join(ada, acme.ID, "dee@example.com", models.RoleMember)
	w.join(ada, acme.ID, "eve@example.com", models.RoleMember)
	must[models.Key](t)(w.s.AddKey(w.ctx, cy, key("cy's old laptop"), ""))
	invite := func(email string) models.Invitation {
		return must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: email}))
	}
	revoked, fresh, same := invite("revoked@example.com"), invite("fresh@example.com"), invite("same@example.com")
	file := filepath.Join(t.TempDir(), "backup")
	if err := w.s.Backup(w.ctx, file); err != nil {
		t.Fatal(err)
	}
	oldCode := must[string](t)(w.s.JoinCode(w.ctx, ada, "", fresh.ID))

	must[models.Member](t)(w.s.ChangeRole(w.ctx, ada, acme.ID, bob.UserID, models.RoleViewer))
	must[models.Member](t)(w.s.ChangeRole(w.ctx, ada, acme.ID, dee.UserID, models.RoleAdmin)) // comes back as less: not listed
	must[models.Consequences](t)(w.s.RemoveMember(w.ctx, ada, acme.ID, cy.UserID))
	must[models.Key](t)(w.s.RemoveKey(w.ctx, cy, key("cy's old laptop").Fingerprint))
	must[models.Invitation](t)(w.s.RevokeInvitation(w.ctx, ada, acme.ID, revoked.ID))
	must[models.Invitation](t)(w.s.RegenerateInvitation(w.ctx, ada, acme.ID, fresh.ID))
	w.exec("UPDATE users SET status = 'suspended' WHERE email = 'eve@example.com'")
	invite("later@example.com")
	w.set(ada, acme.ID, models.SetCode, "ACME2")

	r := must[store.RestoreReport](t)(store.InspectBackup(w.ctx, w.dir, file))
	for name, lists := range map[string][2][]string{
		"users":       {r.Users, {"eve@example.com (now suspended)"}},
		"keys":        {r.Keys, {"cy@example.com " + key("cy's old laptop").Fingerprint}},
		"members":     {r.Members, {"ACME bob@example.com admin (now viewer)", "ACME cy@example.com member (not a member now)"}},
		"invitations": {r.Invitations, {"ACME fresh@example.com " + fresh.ID, "ACME revoked@example.com " + revoked.ID}},
	} {
		if !slices.Equal(lists[0], lists[1]) {
			t.Errorf("%s: %q, want %q", name, lists[0], lists[1])
		}
	}
	if !r.Current {
		t.Error("there is a database")
	}
	// Over a live database, which sees it at once.
	if err := store.Restore(w.ctx, w.dir, file); err != nil {
		t.Fatal(err)
	}
	if m := must[models.Member](t)(w.s.Member(w.ctx, ada, "ACME", "cy@example.com")); m.Role != models.RoleMember {
		t.Errorf("%+v", m)
	}
	_, err := w.s.Organization(w.ctx, ada, "ACME2")
	wantCode(t, err, models.CodeNotFound)
	k := key("fresh")
	if _, _, err := w.s.AcceptCode(w.ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, oldCode, "Fresh", k); err != nil {
		t.Errorf("the code that came back: %v", err)
	}
	must[models.Invitation](t)(w.s.Invitation(w.ctx, ada, "ACME", same.ID))
	w.sound()
	info, err := os.Stat(filepath.Join(w.dir, store.DatabaseFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestRestoreOverDamage(t *testing.T) {
	alone(t)
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	w.acme(ada)
	file := filepath.Join(t.TempDir(), "backup")
	if err := w.s.Backup(w.ctx, file); err != nil {
		t.Fatal(err)
	}
	good := w.freeze()
	whole, err := os.ReadFile(filepath.Join(good.dir, store.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	inside := slices.Clone(whole)
	for i := 4096 * 3; i < 4096*9; i++ {
		inside[i] = 0xff
	}
	for name, bad := range map[string][]byte{"garbage": []byte(strings.Repeat("x", 9000)), "empty": {}, "damaged inside": inside, "cut": whole[:8192]} {
		dir := filepath.Join(t.TempDir(), "data")
		copyDir(t, good.dir, dir)
		path := filepath.Join(dir, store.DatabaseFile)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := store.InspectBackup(w.ctx, dir, file)
		if name != "damaged inside" && (err != nil || r.Current) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if err := store.Restore(w.ctx, dir, file); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if aside, err := os.ReadFile(path + ".damaged-1"); err != nil || string(aside) != string(bad) {
			t.Errorf("%s: the damaged file was not kept: %v", name, err)
		}
		s := must[*store.Store](t)(store.Open(w.ctx, store.Options{Dir: dir, Now: w.clock.Now}))
		must[models.OrgView](t)(s.Organization(w.ctx, ada, "ACME"))
		_ = s.Close()
	}
	// A database that is only open to others is no damage.
	dir := filepath.Join(t.TempDir(), "data")
	copyDir(t, good.dir, dir)
	if err := os.Chmod(filepath.Join(dir, store.DatabaseFile), 0o644); err != nil {
		t.Fatal(err)
	}
	wantCode(t, store.Restore(w.ctx, dir, file), models.CodeInternal)
	if b, err := os.ReadFile(filepath.Join(dir, store.DatabaseFile)); err != nil || string(b) != string(whole) {
		t.Error("it was touched")
	}
	// And files that are no backups change nothing.
	for name, b := range map[string][]byte{"empty": {}, "garbage": []byte("no"), "cut": whole[:len(whole)-4096], "damaged": inside} {
		bad := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "data")
		copyDir(t, good.dir, dir)
		if err := store.Restore(w.ctx, dir, bad); err == nil {
			t.Errorf("%s was restored", name)
		}
		if _, err := store.InspectBackup(w.ctx, dir, bad); err == nil {
			t.Errorf("%s passes", name)
		}
		if b, err := os.ReadFile(filepath.Join(dir, store.DatabaseFile)); err != nil || string(b) != string(whole) {
			t.Errorf("%s: the database was touched", name)
		}
	}
	wantCode(t, store.Restore(w.ctx, dir, filepath.Join(dir, "none")), models.CodeNotFound)
}

// Each backup and restore is in the installation's log, with the end of the chain
// that was there.
func TestBackupAndRestoreAreInTheLog(t *testing.T) {
	alone(t)
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	w.acme(ada)
	head := func() string {
		return texts(t, w.raw(), `SELECT '"hash":"' || hash || '"' FROM audit_heads WHERE org_id = ''`)[0]
	}
	newest := func() string {
		return texts(t, w.raw(), "SELECT action || ' ' || via || ' ' || target_label || ' ' || before || ' ' || after FROM audit WHERE org_id = '' ORDER BY seq DESC LIMIT 1")[0]
	}
	copied := head()
	file := filepath.Join(t.TempDir(), "backup")
	if err := w.s.Backup(w.ctx, file); err != nil {
		t.Fatal(err)
	}
	if e := newest(); !strings.HasPrefix(e, "installation.backup local "+file) || !strings.Contains(e, copied) {
		t.Errorf("%s lacks %s", e, copied)
	}
	var b bytes.Buffer
	if err := w.s.BackupTo(w.ctx, &b); err != nil {
		t.Fatal(err)
	}
	if e := newest(); !strings.HasPrefix(e, "installation.backup local standard output") {
		t.Error(e)
	}
	streamed := filepath.Join(t.TempDir(), "streamed")
	if err := os.WriteFile(streamed, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	must[store.RestoreReport](t)(store.InspectBackup(w.ctx, w.dir, streamed))
	if left, err := filepath.Glob(filepath.Join(w.dir, ".backup-*")); err != nil || left != nil {
		t.Errorf("%v, %v", left, err)
	}
	replaced := head()
	if err := store.Restore(w.ctx, w.dir, file); err != nil {
		t.Fatal(err)
	}
	if e := newest(); !strings.HasPrefix(e, "installation.restore local "+file) || !strings.Contains(e, replaced) || !strings.Contains(e, copied) {
		t.Errorf("%s lacks %s or %s", e, replaced, copied)
	}
	w.verified()
}
