export default {
  output: 'export',
  images: { unoptimized: true },
  deploymentId: 'dpl_' + '__RELEASE__'.replaceAll('.', '-'),
}
