{{/* The name of the release's objects. */}}
{{- define "presignd.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What finds the pods. */}}
{{- define "presignd.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "presignd.labels" -}}
{{ include "presignd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "presignd.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "presignd.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "presignd.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Fails where the pods would not listen where the probes and the service look. */}}
{{- define "presignd.listeners" -}}
{{- $configuration := fromToml .Values.configuration -}}
{{- if hasKey $configuration "Error" -}}
{{- fail (printf "configuration is no TOML: %s" $configuration.Error) -}}
{{- end -}}
{{- $server := default dict $configuration.server -}}
{{- range $key, $port := dict "listen" .Values.ports.http "admin_listen" .Values.ports.admin -}}
{{- $address := default "on loopback" (get $server $key) -}}
{{- if not (has $address (list (printf "0.0.0.0:%v" $port) (printf "[::]:%v" $port))) -}}
{{- fail (printf "configuration: server.%s is %s; write \"0.0.0.0:%v\", or change ports" $key $address $port) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Fails where clients must have certificates, and the server has none. */}}
{{- define "presignd.tls" -}}
{{- if and .Values.tls.clientCaSecretName (not .Values.tls.secretName) -}}
{{- fail "tls.clientCaSecretName wants tls.secretName too" -}}
{{- end -}}
{{- end -}}
