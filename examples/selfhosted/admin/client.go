package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/privacy"
)

// Client asks the server that has the data open.
type Client struct{ http *http.Client }

var _ Ops = (*Client)(nil)

// Dial connects to the server of a directory. It fails if none listens.
func Dial(ctx context.Context, dir datadir.Dir) (*Client, error) {
	conn, err := dialSocket(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := conn.Close(); err != nil { // it was to find out whether somebody listens
		return nil, err
	}
	return &Client{http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, dir) },
	}}}, nil
}

// Close gives up the connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Tags implements [Ops].
func (c *Client) Tags(ctx context.Context, tenant string) ([]Tag, error) {
	return ask[[]Tag](ctx, c, "/tags", tenantRequest{tenant})
}

// AddTag implements [Ops].
func (c *Client) AddTag(ctx context.Context, tenant string, t Tag) (Tag, error) {
	return ask[Tag](ctx, c, "/add-tag", tagRequest{Tenant: tenant, Tag: t})
}

// RenameTag implements [Ops].
func (c *Client) RenameTag(ctx context.Context, tenant, tag string, to Tag) (Tag, error) {
	return ask[Tag](ctx, c, "/rename-tag", tagRequest{Tenant: tenant, Name: tag, Tag: to})
}

// RemoveTag implements [Ops].
func (c *Client) RemoveTag(ctx context.Context, tenant, tag string) (Tag, error) {
	return ask[Tag](ctx, c, "/remove-tag", tagRequest{Tenant: tenant, Name: tag})
}

// Jobs implements [Ops].
func (c *Client) Jobs(ctx context.Context, tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error) {
	return ask[[]follow.Job](ctx, c, "/jobs", jobsRequest{Tenant: tenant, Filter: f, After: after, Limit: limit})
}

// Job implements [Ops].
func (c *Client) Job(ctx context.Context, tenant, id string) (follow.Job, error) {
	return ask[follow.Job](ctx, c, "/job", jobRequest{tenant, id})
}

// RetryJob implements [Ops].
func (c *Client) RetryJob(ctx context.Context, tenant, id string) (follow.Job, error) {
	return ask[follow.Job](ctx, c, "/retry-job", jobRequest{tenant, id})
}

// CancelJob implements [Ops].
func (c *Client) CancelJob(ctx context.Context, tenant, id string) (follow.Job, error) {
	return ask[follow.Job](ctx, c, "/cancel-job", jobRequest{tenant, id})
}

// Import implements [Ops].
func (c *Client) Import(ctx context.Context, tenant string, rows [][]byte) (ImportResult, error) {
	return ask[ImportResult](ctx, c, "/import", importRequest{Tenant: tenant, Rows: rows})
}

// Check implements [Ops].
func (c *Client) Check(ctx context.Context) (Report, error) {
	return ask[Report](ctx, c, "/check", struct{}{})
}

// PreviewErase implements [Ops].
func (c *Client) PreviewErase(ctx context.Context, tenant string, s Subject) (privacy.Report, error) {
	return ask[privacy.Report](ctx, c, "/preview-erase", subjectRequest{tenant, s})
}

// Erase implements [Ops].
func (c *Client) Erase(ctx context.Context, tenant string, s Subject) (privacy.Report, error) {
	return ask[privacy.Report](ctx, c, "/erase", subjectRequest{tenant, s})
}

// Backup implements [Ops].
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	return c.stream(ctx, "/backup", struct{}{}, w)
}

// Export implements [Ops].
func (c *Client) Export(ctx context.Context, tenant string, s Subject, w io.Writer) error {
	return c.stream(ctx, "/export", subjectRequest{tenant, s}, w)
}

// stream writes the archive that the server answers with.
func (c *Client) stream(ctx context.Context, path string, in any, w io.Writer) error {
	reply, err := c.post(ctx, path, in)
	if err != nil {
		return err
	}
	defer reply.Body.Close() // only read
	if _, err := io.Copy(w, reply.Body); err != nil {
		return err
	}
	if message := reply.Trailer.Get(errorTrailer); message != "" {
		return errors.New(message)
	}
	return nil
}

func ask[Out any](ctx context.Context, c *Client, path string, in any) (out Out, err error) {
	reply, err := c.post(ctx, path, in)
	if err != nil {
		return out, err
	}
	defer reply.Body.Close() // only read
	if reply.StatusCode != http.StatusOK {
		var f failure
		if err := json.NewDecoder(reply.Body).Decode(&f); err != nil {
			return out, fmt.Errorf("the server answers %s", reply.Status)
		}
		return out, errors.New(f.Error)
	}
	err = json.NewDecoder(reply.Body).Decode(&out)
	return out, err
}

func (c *Client) post(ctx context.Context, path string, in any) (*http.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	// The host of the address is never looked up: all connections go to the socket.
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://voki"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	return c.http.Do(r)
}
