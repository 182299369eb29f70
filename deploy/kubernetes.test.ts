import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler, type IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Pod, Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../server/configuration/settings.ts';
import { readConfig } from '../server/config.ts';

const KINDS = { ConfigMap, Deployment, HorizontalPodAutoscaler, Namespace, NetworkPolicy, PodDisruptionBudget, Service };
const folder = path.join(import.meta.dirname, 'kubernetes');
const read = <T>(file: string): T => parse(readFileSync(path.join(import.meta.dirname, file), 'utf8')) as T;
const files = readdirSync(folder).filter((file) => file !== 'kustomization.yaml');

describe('the Kubernetes manifests', () => {
  it.each(files)('%s is what the schema of its kind says', (file) => {
    const manifest = read<{ kind: keyof typeof KINDS; apiVersion: string }>(`kubernetes/${file}`);
    const model = new KINDS[manifest.kind](manifest as never);
    expect([model.kind, model.apiVersion]).toEqual([manifest.kind, manifest.apiVersion]);
    model.validate();
    expect(() => new KINDS[manifest.kind]({ ...manifest, metadata: 1 } as never).validate()).toThrow();
  });

  it('are all in the kustomization', () => {
    expect(read<{ resources: string[] }>('kubernetes/kustomization.yaml').resources.toSorted()).toEqual(files.toSorted());
  });

  it('configure the server by settings that it has', () => {
    const { data } = read<{ data: Record<string, string> }>('kubernetes/configuration.yaml');
    const settings = JSON.parse(data['server.json']) as Record<string, unknown>;
    expect(Object.keys(settings).filter((key) => !Object.hasOwn(SETTINGS, key))).toEqual([]);
    const args = Object.entries(settings).map(([key, value]) => `--${key.replace(/[A-Z]/g, '-$&').toLowerCase()}=${String(value)}`);
    expect(readConfig({ MODELS_DIR: folder }, args)).toMatchObject({ workers: settings.workers, deadlineMs: settings.deadlineMs });
  });

  it('run without root, write nowhere but /tmp, and are given time to answer what is under way', () => {
    const { spec } = read<IDeployment>('kubernetes/deployment.yaml').spec!.template!;
    const [container] = spec!.containers;
    expect(spec!.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const { data } = read<{ data: Record<string, string> }>('kubernetes/configuration.yaml');
    const { drainTimeoutMs } = JSON.parse(data['server.json']) as { drainTimeoutMs: number };
    expect(spec!.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(drainTimeoutMs + 5000);
    expect(spec!.volumes!.map(({ name }) => name)).toEqual(container.volumeMounts!.map(({ name }) => name));
  });
});

it('the KServe runtime has a container that a pod may have, and the probes of the protocol', () => {
  const { apiVersion, kind, spec } = read<{ apiVersion: string; kind: string; spec: Record<string, unknown> & { containers: [] } }>(
    'kserve/serving-runtime.yaml',
  );
  expect([apiVersion, kind]).toEqual(['serving.kserve.io/v1alpha1', 'ServingRuntime']);
  expect(spec).toMatchObject({ supportedModelFormats: [{ name: 'sld-edge' }], protocolVersions: ['v2'], multiModel: false });
  const [container] = spec.containers as { name: string; readinessProbe: object }[];
  // The name by which KServe finds it.
  expect(container.name).toBe('kserve-container');
  expect(container.readinessProbe).toEqual({ httpGet: { path: '/v2/health/ready', port: 8080 } });
  new Pod({ metadata: { name: 'runtime' }, spec: { containers: spec.containers } }).validate();
});

it('the autoscaler asks for a metric that the server has', () => {
  const { metrics } = read<IHorizontalPodAutoscaler>('kubernetes/scaling.yaml').spec!;
  expect(metrics!.map(({ pods }) => pods?.metric.name)).toContain('sld_edge_queue_length');
});
