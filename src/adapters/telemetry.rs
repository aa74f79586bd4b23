//! Logs and the metrics, their names in one place.

use prometheus::Gauge;
use prometheus::GaugeVec;
use prometheus::HistogramOpts;
use prometheus::HistogramVec;
use prometheus::IntCounter;
use prometheus::IntCounterVec;
use prometheus::IntGauge;
use prometheus::IntGaugeVec;
use prometheus::Opts;
use prometheus::Registry;
use prometheus::TextEncoder;

/// Every metric of the service. Labels hold configuration's names or closed sets, never a caller's words.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// `route` (the pattern), `method`, `status`.
    pub http_requests: IntCounterVec,
    /// `route`.
    pub http_request_duration: HistogramVec,
    pub requests_in_flight: IntGauge,
    /// `operation`, `bucket` (the alias).
    pub urls_issued: IntCounterVec,
    /// `code`.
    pub refusals: IntCounterVec,
    /// `limit`.
    pub rate_limited: IntCounterVec,
    /// 1 or 0.
    pub rate_limit_store_up: IntGauge,
    /// `issuer` (the name), `outcome`.
    pub tokens_verified: IntCounterVec,
    /// `issuer`, `outcome`.
    pub jwks_refreshes: IntCounterVec,
    /// `issuer`.
    pub jwks_age: GaugeVec,
    /// `credentials` (the name).
    pub credentials_expiry: GaugeVec,
    /// `credentials`, `outcome`.
    pub credentials_refreshes: IntCounterVec,
    /// `outcome`.
    pub config_reloads: IntCounterVec,
    pub config_last_success: Gauge,
    /// Without labels; absent without TLS.
    pub tls_certificate_expiry: GaugeVec,
    /// `effect`.
    pub grants: IntGaugeVec,
    /// `decision`.
    pub audit_lines: IntCounterVec,
    pub audit_failures: IntCounter,
    pub audit_sequence: IntGauge,
}

impl Metrics {
    /// All metrics at zero, registered with a registry of their own.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let on = Registrar(&registry);
        let metrics = Self {
            http_requests: on.counters(
                "presignd_http_requests_total",
                "HTTP requests answered, by route, method and status",
                &["route", "method", "status"],
            )?,
            http_request_duration: on.histogram(
                "presignd_http_request_duration_seconds",
                "Time from a request's head to its answer, by route",
                &["route"],
            )?,
            requests_in_flight: on.gauge("presignd_requests_in_flight", "Requests begun and not yet answered")?,
            urls_issued: on.counters(
                "presignd_urls_issued_total",
                "URLs issued, by S3 operation and bucket alias",
                &["operation", "bucket"],
            )?,
            refusals: on.counters("presignd_refusals_total", "Items and requests refused, by error code", &["code"])?,
            rate_limited: on.counters(
                "presignd_rate_limited_total",
                "Requests over a rate limit (with report_only: that would have been refused), by limit",
                &["limit"],
            )?,
            rate_limit_store_up: on.gauge(
                "presignd_rate_limit_store_up",
                "1 while the store that the configuration names keeps the rate limits, 0 while memory does in its place",
            )?,
            tokens_verified: on.counters(
                "presignd_tokens_verified_total",
                "Tokens looked at, by issuer and outcome",
                &["issuer", "outcome"],
            )?,
            jwks_refreshes: on.counters(
                "presignd_jwks_refreshes_total",
                "Attempts to read an issuer's key set, by issuer and outcome",
                &["issuer", "outcome"],
            )?,
            jwks_age: on.gauges("presignd_jwks_age_seconds", "Age of an issuer's key set", &["issuer"])?,
            credentials_expiry: on.gauges(
                "presignd_credentials_expiry_timestamp_seconds",
                "When credentials end, as Unix time; absent where they do not end",
                &["credentials"],
            )?,
            credentials_refreshes: on.counters(
                "presignd_credentials_refreshes_total",
                "Attempts to read credentials, by name and outcome",
                &["credentials", "outcome"],
            )?,
            config_reloads: on.counters(
                "presignd_config_reloads_total",
                "Attempts to take up a changed configuration, by outcome",
                &["outcome"],
            )?,
            config_last_success: on.float_gauge(
                "presignd_config_last_success_timestamp_seconds",
                "When the configuration in force was taken up, as Unix time",
            )?,
            tls_certificate_expiry: on.gauges(
                "presignd_tls_certificate_expiry_timestamp_seconds",
                "When the certificate in force ends, as Unix time; absent without TLS",
                &[],
            )?,
            grants: on.int_gauges("presignd_grants", "Grants in force, by effect", &["effect"])?,
            audit_lines: on.counters(
                "presignd_audit_lines_total",
                "Audit lines written, by decision",
                &["decision"],
            )?,
            audit_failures: on.counter("presignd_audit_failures_total", "Audit lines that could not be written")?,
            audit_sequence: on.gauge("presignd_audit_sequence", "The seq of the last audit line")?,
            registry: registry.clone(),
        };
        on.build_info()?;
        for outcome in ["success", "failure"] {
            _ = metrics.config_reloads.with_label_values(&[outcome]); // an increase from nothing would not show
        }
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(metrics)
    }

    /// The text that Prometheus scrapes.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// From 50 µs to 5 s.
const BUCKETS: [f64; 16] =
    [5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 5.0];

struct Registrar<'a>(&'a Registry);

impl Registrar<'_> {
    fn register<C: prometheus::core::Collector + Clone + 'static>(
        &self,
        made: prometheus::Result<C>,
    ) -> prometheus::Result<C> {
        let collector = made?;
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }

    fn counter(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        self.register(IntCounter::new(name, help))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.register(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.register(IntGauge::new(name, help))
    }

    fn float_gauge(&self, name: &str, help: &str) -> prometheus::Result<Gauge> {
        self.register(Gauge::new(name, help))
    }

    fn int_gauges(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
        self.register(IntGaugeVec::new(Opts::new(name, help), labels))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        self.register(GaugeVec::new(Opts::new(name, help), labels))
    }

    fn histogram(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<HistogramVec> {
        self.register(HistogramVec::new(HistogramOpts::new(name, help).buckets(BUCKETS.to_vec()), labels))
    }

    fn build_info(&self) -> prometheus::Result<()> {
        let info =
            self.int_gauges("presignd_build_info", "Version and commit of this build", &["version", "commit"])?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION"), crate::COMMIT]).set(1);
        Ok(())
    }
}
