package models

import (
	"strconv"
	"strings"
	"unicode"
)

// CheckPayment checks the label of a payment method, or a reference to one.
// Whatever looks like the number of a card is refused, and never repeated:
// muster keeps no card numbers.
func CheckPayment(field, s string) (string, error) {
	s, err := checkText(field, s, MaxNameGraphemes, MaxNameBytes, false)
	if err != nil {
		return "", err
	}
	if holdsCardNumber(s) {
		return "", Invalid(field, "%s looks like a card number, which muster never stores", field).
			WithHint("use a label like \"Visa ending 4242\", or the reference of your payment provider")
	}
	return s, nil
}

// A card has 12 to 19 digits (ISO/IEC 7812), the last of which is a check digit.
const (
	minCard = 12
	maxCard = 19
)

// holdsCardNumber looks for a card number among the digits of a text. People
// write them in groups, so whole groups with anything but letters between them
// are read together.
func holdsCardNumber(s string) bool {
	var groups [][]int
	inDigits := false
	found := func() bool {
		for i := range groups {
			var run []int
			for _, g := range groups[i:] {
				if run = append(run, g...); luhn(run) {
					return true
				}
			}
		}
		return false
	}
	for _, r := range s {
		d := digit(r)
		switch {
		case d >= 0:
			if !inDigits {
				groups = append(groups, nil)
			}
			groups[len(groups)-1] = append(groups[len(groups)-1], d)
		case unicode.IsLetter(r):
			if found() {
				return true
			}
			groups = nil
		}
		inDigits = d >= 0
	}
	return found()
}

// luhn tells whether digits have the length and the check digit of a card.
func luhn(digits []int) bool {
	if len(digits) < minCard || len(digits) > maxCard {
		return false
	}
	sum := 0
	for i, d := range digits {
		if (len(digits)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// digit is the value of a decimal digit of any script, -1 for other characters.
// Unicode keeps the ten digits of a script together, from zero up.
func digit(r rune) int {
	if r >= '0' && r <= '9' {
		return int(r - '0')
	}
	if !unicode.Is(unicode.Nd, r) {
		return -1
	}
	first := r
	for unicode.Is(unicode.Nd, first-1) {
		first--
	}
	return int(r-first) % 10
}

// checkSeatLimit reads the limit that owners set themselves: 0 or empty for
// none beyond that of the plan.
func checkSeatLimit(field, value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" || strings.EqualFold(value, "none") {
		return "", nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxSeatLimit {
		return "", Invalid(field, "%s must be a number of seats from 1 to %d, or empty for the plan's limit", field, maxSeatLimit)
	}
	if n == 0 {
		return "", nil
	}
	return strconv.Itoa(n), nil
}

// CheckLimit refuses a limit below what is in use.
func (s Seats) CheckLimit(u Usage) error {
	if s.Max > 0 && s.Max < u.Seats() {
		return Errorf(CodeLimit, "a limit of %s is below what is in use: %s and %s", Count(s.Max, "seat"),
			Count(u.Members, "active member"), Count(u.Pending, "pending invitation")).
			WithHint("lowering the limit removes nobody: remove members or revoke invitations first")
	}
	return nil
}

const maxSeatLimit = 1_000_000_000

// SeatsOf says how many seats an organization has: those of the plan, or fewer
// where its owners set a limit of their own.
func SeatsOf(p Plan, used int, settings map[string]string) Seats {
	s := Seats{Used: used, Max: p.Seats}
	if n, err := strconv.Atoi(settings[SetSeatLimit]); err == nil && n > 0 && (s.Max == 0 || n < s.Max) {
		s.Max, s.Limited = n, true
	}
	return s
}
