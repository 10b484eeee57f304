package admin

import (
	"context"
	"io"

	"github.com/avanter/voki/privacy"
)

// Subject says who a customer is, by what he gave of himself.
type Subject struct {
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// PreviewErase implements [Ops].
func (l *Local) PreviewErase(ctx context.Context, tenant string, s Subject) (privacy.Report, error) {
	if err := l.known(ctx, tenant); err != nil {
		return privacy.Report{}, err
	}
	return l.Voki.Privacy.Preview(ctx, actor(tenant), privacy.Subject(s))
}

// Erase implements [Ops].
func (l *Local) Erase(ctx context.Context, tenant string, s Subject) (privacy.Report, error) {
	if err := l.known(ctx, tenant); err != nil {
		return privacy.Report{}, err
	}
	return l.Voki.Privacy.Erase(ctx, actor(tenant), privacy.Subject(s))
}

// Export implements [Ops].
func (l *Local) Export(ctx context.Context, tenant string, s Subject, w io.Writer) error {
	if err := l.known(ctx, tenant); err != nil {
		return err
	}
	_, err := l.Voki.Privacy.Export(ctx, actor(tenant), privacy.Subject(s), w)
	return err
}
