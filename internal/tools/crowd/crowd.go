// Package crowd fills an organization with very many made-up members and
// invitations, for measurements and tests. It writes rows straight into the
// database, since the store's own way would take an hour for a million: without
// personal workspaces and audit entries, but with counters and text indexes as
// the store leaves them.
package crowd

import (
	"context"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	_ "modernc.org/sqlite" // opens the file

	"muster/models"
)

// Member is somebody who has an account and is in the organization.
type Member struct {
	Name, Email, Handle string
	Role                models.Role
	Status              models.MemberStatus
	Joined, Seen        time.Time
}

// Invitation is one to the organization, by its owner.
type Invitation struct {
	Email       string
	State       models.InvitationState
	At, Expires time.Time
}

// Crowd says whom to bring in, each by number.
type Crowd struct {
	File        string // a database that nobody has open
	Org         string // id
	Owner       models.User
	Members     int
	Member      func(i int) Member
	Invitations int
	Invitation  func(i int) Invitation
}

// Fill writes all rows in one transaction.
func (c Crowd) Fill(ctx context.Context) error {
	db, err := sql.Open("sqlite", "file:"+c.File+"?_pragma=synchronous(0)&_pragma=journal_mode(TRUNCATE)&_pragma=cache_size(-200000)&_pragma=temp_store(1)&_txlock=immediate")
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	f := &filler{Crowd: c, tx: tx, prepared: map[string]*sql.Stmt{}}
	if err := f.fill(ctx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode(WAL)")
	return err
}

type filler struct {
	Crowd
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
	num      int64 // of the organization
	row      int64 // the number of the last row written
}

func (f *filler) exec(ctx context.Context, query string, args ...any) error {
	st := f.prepared[query]
	if st == nil {
		var err error
		if st, err = f.tx.PrepareContext(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		f.prepared[query] = st
	}
	if _, err := st.ExecContext(ctx, args...); err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return nil
}

// fill writes the rows without the indexes and makes those at the end: sorting
// once is several times quicker than finding each entry's place.
func (f *filler) fill(ctx context.Context) error {
	if err := f.tx.QueryRowContext(ctx, "SELECT num, (num << 32) + next_row FROM organizations WHERE id = $1", f.Org).Scan(&f.num, &f.row); err != nil {
		return err
	}
	indexes, err := f.dropIndexes(ctx, "users", "memberships", "invitations", "outbox")
	if err != nil {
		return err
	}
	if err := f.members(ctx); err != nil {
		return err
	}
	if err := f.invitations(ctx); err != nil {
		return err
	}
	if err := f.number(ctx); err != nil {
		return err
	}
	for _, query := range append(indexes,
		"UPDATE organizations SET next_row = "+fmt.Sprint(f.row-f.num<<32+1)+" WHERE num = "+fmt.Sprint(f.num),
		"UPDATE installation_counts SET n = (SELECT count(*) FROM users) WHERE name = 'users'",
		"UPDATE organizations SET members = (SELECT count(*) FROM memberships m WHERE m.org_id = organizations.id)",
		"DELETE FROM member_counts",
		"INSERT INTO member_counts (org_id, role_order, status, n) SELECT org_id, role_order, status, count(*) FROM memberships GROUP BY 1, 2, 3",
		"DELETE FROM invitation_counts",
		"INSERT INTO invitation_counts (org_id, state_order, n) SELECT org_id, state_order, count(*) FROM invitations GROUP BY 1, 2",
	) {
		if err := f.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// dropIndexes drops the indexes that are not constraints, and gives what makes
// them again.
func (f *filler) dropIndexes(ctx context.Context, tables ...string) (again []string, err error) {
	rows, err := f.tx.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('"+strings.Join(tables, "', '")+"')")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, create string
		if err := rows.Scan(&name, &create); err != nil {
			return nil, err
		}
		names, again = append(names, name), append(again, create)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := f.tx.ExecContext(ctx, "DROP INDEX "+name); err != nil {
			return nil, err
		}
	}
	return again, nil
}

func (f *filler) members(ctx context.Context) error {
	var user int64
	if err := f.tx.QueryRowContext(ctx, "SELECT max(num) FROM users").Scan(&user); err != nil {
		return err
	}
	for i := range f.Members {
		m := f.Member(i)
		user++
		f.row++
		id := UserID(i)
		email, name := models.NormEmail(m.Email), models.NormText(m.Name)
		text := email + "\n" + name + "\n" + m.Handle
		if err := f.exec(ctx, `INSERT INTO users (num, id, email, email_norm, email_key, email_verified, name, handle, site_admin, status, current_org, created_at, last_seen_at, name_norm, text)
			VALUES ($1, $2, $3, $4, $4, 1, $5, $6, 0, 'active', '', $7, $8, $9, $10)`,
			user, id, m.Email, email, m.Name, m.Handle, m.Joined.UnixMicro(), m.Seen.UnixMicro(), name, text); err != nil {
			return err
		}
		if err := f.exec(ctx, `INSERT INTO memberships (num, org_id, user_id, role_order, status, joined_at, last_seen_at, invited_by, email, email_norm, name, name_norm, handle, text, email_verified)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)`,
			f.row, f.Org, id, models.RoleOwner.Rank()+1-m.Role.Rank(), string(m.Status), m.Joined.UnixMicro(), m.Seen.UnixMicro(), f.Owner.Email, m.Email, email, m.Name, name, m.Handle, text); err != nil {
			return err
		}
	}
	return nil
}

// UserID is the id of the i-th member, in the form of the others.
func UserID(i int) string {
	var b [16]byte
	binary.BigEndian.PutUint32(b[2:], uint32(i))
	b[6], b[8] = 0x70, 0x80 // a UUID of version 7
	return "usr_" + base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding).EncodeToString(b[:])
}

func (f *filler) invitations(ctx context.Context) error {
	for i := range f.Invitations {
		v := f.Invitation(i)
		f.row++
		at, expires, id := v.At.UnixMicro(), int64(0), fmt.Sprintf("inv_%026d", i)
		list, email := -at, models.NormEmail(v.Email)
		var hash any
		switch v.State {
		case models.StateRequested:
			list = at
		case models.StatePending:
			expires, hash = v.Expires.UnixMicro(), fmt.Sprintf("%064d", i)
		}
		if err := f.exec(ctx, `INSERT INTO invitations (id, num, org_id, email, email_norm, name, role_order, asked_role, state_order, list_at, origin, message, inviter_id, inviter_name, inviter_email,
				applicant_key, decider_id, decided_by, decided_at, undo_until, reason, ttl, generation, code_hash, code_read, created_at, expires_at, closed_at, accepted_by, text)
			VALUES ($1, $2, $3, $4, $5, '', 3, 3, $6, $7, 'invite', '', $8, $9, $10, '', '', '', 0, 0, '', 0, 1, $11, 0, $12, $13, 0, '', $14)`,
			id, f.row, f.Org, v.Email, email, v.State.Rank(), list, f.Owner.ID, f.Owner.Name, f.Owner.Email, hash, at, expires, email+"\n"); err != nil {
			return err
		}
		if err := f.exec(ctx, `INSERT INTO outbox (org_id, invitation_id, state, due_at, claim, attempts, error, asked_at, sent_at) VALUES ($1, $2, 'sent', 0, 1, 1, '', $3, $3)`,
			f.Org, id, at); err != nil {
			return err
		}
	}
	return nil
}

// number gives members and users numbers in the order of their addresses and makes the
// text indexes from all rows.
func (f *filler) number(ctx context.Context) error {
	for _, query := range []string{
		"UPDATE memberships SET num = -num, rowid = -num", // out of the way
		`UPDATE memberships SET num = x.num FROM (
			SELECT m.org_id, m.user_id, o.num * 4294967296
				+ row_number() OVER (PARTITION BY m.org_id ORDER BY m.email_norm) * (4294967295 / (count(*) OVER (PARTITION BY m.org_id) + 1)) AS num
			FROM memberships m JOIN organizations o ON o.id = m.org_id) AS x WHERE memberships.org_id = x.org_id AND memberships.user_id = x.user_id`,
		"UPDATE memberships SET rowid = num",
		"UPDATE users SET num = -num, rowid = -num",
		"UPDATE users SET num = x.num FROM (SELECT id, 4611686018427387904 + row_number() OVER (ORDER BY email_norm) * (4294967295 / (count(*) OVER () + 1)) AS num FROM users) AS x WHERE users.id = x.id",
		"UPDATE users SET rowid = num",
		"INSERT INTO member_text (member_text) VALUES ('delete-all')",
		"INSERT INTO invitation_text (invitation_text) VALUES ('delete-all')",
		"INSERT INTO user_text (user_text) VALUES ('delete-all')",
		"INSERT INTO member_text (rowid, text) SELECT num, text || char(10, 10) FROM memberships ORDER BY num",
		"INSERT INTO invitation_text (rowid, text) SELECT num, text || char(10, 10) FROM invitations ORDER BY num",
		"INSERT INTO user_text (rowid, text) SELECT num, text || char(10, 10) FROM users ORDER BY num",
	} {
		if err := f.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}
