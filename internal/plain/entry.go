package plain

import (
	"context"
	"errors"
	"io"
	"strings"

	"muster/internal/op"
	"muster/models"
	"muster/store"
)

// Join is for whoever comes with a code: what it is for, and the answer. After a
// yes the session goes on in the organization.
func (s *Session) Join(ctx context.Context, code string) error {
	org, err := s.join(ctx, code)
	if err != nil || org == "" {
		return over(err)
	}
	return s.Run(ctx, org, "")
}

// join gives the organization that was joined, "" for none.
func (s *Session) join(ctx context.Context, code string) (org string, err error) {
	out, err := s.code(ctx, "code.show", code, values{})
	if err != nil || out == nil {
		return "", err
	}
	shown := out.(op.CodeShown)
	for {
		line, err := s.Ask("accept, decline, or q to decide later: ")
		if err != nil {
			return "", err
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "q", "quit", "b":
			return "", nil
		case "d", "decline":
			_, err := s.code(ctx, "code.decline", code, nil)
			return "", err
		case "a", "accept", "y", "yes":
			given := values{}
			switch {
			case shown.Kind == store.CodePairing, shown.Kind == store.CodeLink && shown.Link.Known != nil, shown.Kind == store.CodeInvitation && shown.Offer.Known != nil:
				given = values{"Name": "", "Email": ""}
			case shown.Kind == store.CodeInvitation:
				given = values{"Email": ""} // the invitation says it
			}
			if shown.Factor == nil {
				given["Factor"] = ""
			}
			out, err := s.code(ctx, "code.accept", code, given)
			if err != nil || out == nil {
				return "", err
			}
			v := out.(op.CodeAccepted)
			s.SignIn(v.User.ID)
			return v.Org.ID, nil
		}
	}
}

// code runs an operation of a code. given are fields not to ask for.
func (s *Session) code(ctx context.Context, name, code string, given values) (any, error) {
	r := op.Find(name)
	in := r.New()
	put(in, values{"Code": code})
	skip := map[string]bool{"Code": true}
	for field := range given {
		skip[field] = true
	}
	return s.form(ctx, s.Me(), r, in, skip, nil)
}

// joinByCode is Join for somebody who is signed in and types the code.
func joinByCode(ctx context.Context, s *Session, _ any) error {
	code, err := s.Ask("Code: ")
	if code = strings.TrimSpace(code); err != nil || code == "" || code == "!" {
		return err
	}
	if err := s.Try(ctx); err != nil {
		return s.Fail(err)
	}
	org, err := s.join(ctx, code)
	if err != nil || org == "" {
		return err
	}
	if err := s.openOrg(ctx, org); err != nil {
		return err
	}
	return errHome
}

// Request is for whoever comes to ask for membership.
func (s *Session) Request(ctx context.Context) error {
	r := op.Find("code.request")
	given := map[string]bool{}
	if s.Me().UserID != "" {
		given = map[string]bool{"Email": true, "Name": true}
	}
	_, err := s.form(ctx, s.Me(), r, r.New(), given, nil)
	return over(err)
}

// SignUp is for whoever comes to make an account. The session goes on with it.
func (s *Session) SignUp(ctx context.Context) error {
	r := op.Find("user.sign_up")
	out, err := s.form(ctx, s.Me(), r, r.New(), nil, nil)
	if err != nil || out == nil {
		return over(err)
	}
	s.SignIn(text(out, "ID"))
	return s.Run(ctx, "", "")
}

// FirstRun asks the three questions of an empty installation. initialise makes
// the first user and gives their id.
func (s *Session) FirstRun(ctx context.Context, name, email string, initialise func(name, email string) (id string, err error)) error {
	if err := s.Say("Welcome to muster. Three questions, then you can start. You become the first user and site admin."); err != nil {
		return err
	}
	for {
		var err error
		if name, err = s.checked("Your name", name, models.CheckName); err == nil {
			email, err = s.checked("Your email", email, models.CheckEmail)
		}
		if err != nil {
			return over(err)
		}
		id, err := initialise(name, email)
		if err == nil {
			s.SignIn(id)
			break
		}
		if models.CodeOf(err) != models.CodeInvalid {
			return err
		}
		if err := s.Fail(err); err != nil {
			return err
		}
	}
	org, err := s.checked("Your first organization", "Acme", models.CheckName)
	if err != nil {
		return over(err)
	}
	r := op.Find("organization.create")
	in := r.New()
	put(in, values{"Name": org})
	out, err := s.do(ctx, r, in)
	if err != nil {
		// The account is there; the organization can be made later.
		if err := s.failed(err); err != nil {
			return over(err)
		}
		return s.Run(ctx, "", "")
	}
	if err := s.Show(ctx, r, out, 0); err != nil {
		return err
	}
	return s.Run(ctx, text(out, "ID"), "")
}

// checked asks until an answer will do.
func (s *Session) checked(question, now string, check func(field, value string) (string, error)) (string, error) {
	for {
		q := question
		if now != "" {
			q += " [" + now + "]"
		}
		line, err := s.Ask(q + ": ")
		if err != nil {
			return "", err
		}
		if line = strings.TrimSpace(line); line == "" {
			line = now
		}
		value, err := check(strings.ToLower(question), line)
		if err == nil {
			return value, nil
		}
		if err := s.Fail(err); err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
	}
}
