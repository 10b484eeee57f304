package admin

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/privacy"
)

// The requests of the socket. What they answer is what the method of [Ops] of the same name returns.
type (
	tenantRequest struct {
		Tenant string `json:"tenant"`
	}
	tagRequest struct {
		Tenant string `json:"tenant"`
		Name   string `json:"name"` // id or name of the tag that is meant
		Tag    Tag    `json:"tag"`
	}
	jobsRequest struct {
		Tenant string        `json:"tenant"`
		Filter follow.Filter `json:"filter"`
		After  string        `json:"after"`
		Limit  int           `json:"limit"`
	}
	jobRequest struct {
		Tenant string `json:"tenant"`
		ID     string `json:"id"`
	}
	importRequest struct {
		Tenant string   `json:"tenant"`
		Rows   [][]byte `json:"rows"` // in Base64, for they may be no JSON at all
	}
	subjectRequest struct {
		Tenant  string  `json:"tenant"`
		Subject Subject `json:"subject"`
	}
	failure struct {
		Error string `json:"error"`
	}
)

// errorTrailer bears what went wrong after a stream had begun.
const errorTrailer = "Voki-Error"

// Handler serves ops over HTTP, for the socket. Who can connect to it may do everything.
func Handler(ops Ops, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /tags", answer(func(ctx context.Context, in tenantRequest) ([]Tag, error) {
		return ops.Tags(ctx, in.Tenant)
	}))
	mux.Handle("POST /add-tag", answer(func(ctx context.Context, in tagRequest) (Tag, error) {
		return ops.AddTag(ctx, in.Tenant, in.Tag)
	}))
	mux.Handle("POST /rename-tag", answer(func(ctx context.Context, in tagRequest) (Tag, error) {
		return ops.RenameTag(ctx, in.Tenant, in.Name, in.Tag)
	}))
	mux.Handle("POST /remove-tag", answer(func(ctx context.Context, in tagRequest) (Tag, error) {
		return ops.RemoveTag(ctx, in.Tenant, in.Name)
	}))
	mux.Handle("POST /jobs", answer(func(ctx context.Context, in jobsRequest) ([]follow.Job, error) {
		return ops.Jobs(ctx, in.Tenant, in.Filter, in.After, in.Limit)
	}))
	for path, do := range map[string]func(ctx context.Context, tenant, id string) (follow.Job, error){
		"/job": ops.Job, "/retry-job": ops.RetryJob, "/cancel-job": ops.CancelJob,
	} {
		mux.Handle("POST "+path, answer(func(ctx context.Context, in jobRequest) (follow.Job, error) {
			return do(ctx, in.Tenant, in.ID)
		}))
	}
	mux.Handle("POST /import", answer(func(ctx context.Context, in importRequest) (ImportResult, error) {
		return ops.Import(ctx, in.Tenant, in.Rows)
	}))
	mux.Handle("POST /check", answer(func(ctx context.Context, _ struct{}) (Report, error) {
		return ops.Check(ctx)
	}))
	serveWebhooks(mux, ops)
	mux.Handle("POST /preview-erase", answer(func(ctx context.Context, in subjectRequest) (privacy.Report, error) {
		return ops.PreviewErase(ctx, in.Tenant, in.Subject)
	}))
	mux.Handle("POST /erase", answer(func(ctx context.Context, in subjectRequest) (privacy.Report, error) {
		return ops.Erase(ctx, in.Tenant, in.Subject)
	}))
	mux.Handle("POST /backup", stream(log, func(ctx context.Context, _ struct{}, w io.Writer) error {
		return ops.Backup(ctx, w)
	}))
	mux.Handle("POST /export", stream(log, func(ctx context.Context, in subjectRequest, w io.Writer) error {
		return ops.Export(ctx, in.Tenant, in.Subject, w)
	}))
	return mux
}

// stream serves one method of [Ops] that writes an archive.
func stream[In any](log *slog.Logger, do func(context.Context, In, io.Writer) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", errorTrailer)
		var in In
		err := json.NewDecoder(r.Body).Decode(&in)
		if err == nil {
			err = do(r.Context(), in, w)
		}
		if err != nil {
			log.ErrorContext(r.Context(), "an archive could not be written", "path", r.URL.Path, "error", err)
			w.Header().Set(errorTrailer, err.Error())
		}
	})
}

// answer serves one method of [Ops].
func answer[In, Out any](do func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in In
		err := json.NewDecoder(r.Body).Decode(&in)
		var out any
		if err == nil {
			out, err = do(r.Context(), in)
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			out = failure{err.Error()}
		}
		_ = json.NewEncoder(w).Encode(out) // if the client is gone, nobody wants to know
	})
}
