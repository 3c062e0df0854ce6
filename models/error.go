// Package models is the domain of muster: its words, rules and errors.
//
// It is pure. Nothing here reads a clock, a disk, a network or the
// environment, so every rule can be tested as a table.
package models

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of failure an error is. It alone decides the exit status
// of a command, the code in JSON and how a screen shows the failure.
type Code string

// The codes, in the order of their exit statuses.
const (
	CodeInternal Code = "internal"  // a fault of muster or of the machine under it
	CodeUsage    Code = "usage"     // the words of a command are wrong
	CodeInvalid  Code = "invalid"   // a value is not allowed; Field names it
	CodeDenied   Code = "denied"    // the actor may not do this
	CodeNotFound Code = "not_found" // it does not exist, or not for this actor
	CodeConflict Code = "conflict"  // it changed meanwhile, or is taken
	CodeLimit    Code = "limit"     // too many, too often, too large
	CodeGone     Code = "gone"      // expired, revoked, used
)

var exitStatus = map[Code]int{
	CodeInternal: 1,
	CodeUsage:    2,
	CodeInvalid:  3,
	CodeDenied:   4,
	CodeNotFound: 5,
	CodeConflict: 6,
	CodeLimit:    7,
	CodeGone:     8,
}

// ExitStatus is the exit status of a command that failed with this code, from
// 1 to 8. An unknown code counts as internal.
func (c Code) ExitStatus() int {
	if n, ok := exitStatus[c]; ok {
		return n
	}
	return exitStatus[CodeInternal]
}

// Error is every failure that a person is meant to read. Message is one
// sentence without a full stop; Hint, if any, says what to do next. Neither
// ever holds a secret.
type Error struct {
	Code    Code
	Message string
	Hint    string
	Field   string   // the field that is wrong, with CodeInvalid
	Refusal *Refusal // which right was missing, with CodeDenied; may be nil
	Stale   []Stale  // what others changed since it was looked at, with CodeConflict
	Err     error    // what lies beneath, for the log only
	// Wait is how long to wait before trying again helps, with CodeLimit; 0 where
	// waiting alone does not.
	Wait time.Duration
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the error beneath, if any.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is compare codes, so that callers can ask
// errors.Is(err, &Error{Code: CodeNotFound}).
func (e *Error) Is(target error) bool {
	var t *Error
	if !errors.As(target, &t) {
		return false
	}
	return t.Code == e.Code && (t.Message == "" || t.Message == e.Message)
}

// WithHint gives a copy with another hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// After gives a copy that says after how long trying again helps.
func (e *Error) After(wait time.Duration) *Error {
	c := *e
	c.Wait = wait
	return &c
}

// Errorf makes an Error with a formatted message and no hint.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes a CodeInvalid error for one field. The message names the field
// and what is allowed.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// AsError gives err as an *Error. Anything unexpected becomes an internal
// error whose message shows nothing of what lies beneath.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{
		Code:    CodeInternal,
		Message: "something went wrong inside muster",
		Hint:    "the log has the details; {installation.doctor} checks the installation",
		Err:     err,
	}
}

// CodeOf is the code of err, CodeInternal for an unexpected error and "" for
// none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return AsError(err).Code
}
